/** Which machines of a fleet are this box: those whose address one of its network interfaces has. */
import { readFileSync } from 'node:fs';
import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isLoopback } from './addresses.js';

export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** Loopback addresses are always local: that is how two machines run side by side on one box. */
export function isLocalAddress(
  address: string,
  interfaces: Interfaces = networkInterfaces(),
  routes: string = localRoutes(),
): boolean {
  if (isLoopback(address) || address === 'localhost' || address === hostname()) return true;
  if (Object.values(interfaces).some((infos) => infos?.some((info) => info.address === address))) return true;
  return [...routes.matchAll(OWN_ADDRESS)].some(([, own]) => own === address);
}

const OWN_ADDRESS = /\|-- ([\d.]+)\n\s+\/32 host LOCAL/g;

/**
 * An interface without a carrier is missing among the interfaces: its cable is not plugged in, or the other end is not up
 * yet, as happens at a boot. Its address is this box's all the same and can be bound, so that its machine must start:
 * Linux lists it with the addresses it takes packets for.
 */
function localRoutes(): string {
  try {
    return readFileSync('/proc/net/fib_trie', 'utf8');
  } catch {
    return ''; // another system
  }
}

/** Names of the machines that are this box, in the order of the fleet. */
export function localMachines(
  machines: Iterable<{ readonly name: string; readonly address: string }>,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  return [...machines].filter(({ address }) => isLocalAddress(address, interfaces)).map(({ name }) => name);
}
