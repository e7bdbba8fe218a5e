/** Which machines of a fleet are this box: those whose address one of its network interfaces has. */
import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isLoopback } from './addresses.js';

export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** Loopback addresses are always local: that is how two machines run side by side on one box. */
export function isLocalAddress(address: string, interfaces: Interfaces = networkInterfaces()): boolean {
  if (isLoopback(address) || address === 'localhost' || address === hostname()) return true;
  return Object.values(interfaces).some((infos) => infos?.some((info) => info.address === address));
}

/** Names of the machines that are this box, in the order of the fleet. */
export function localMachines(
  machines: Iterable<{ readonly name: string; readonly address: string }>,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  return [...machines].filter(({ address }) => isLocalAddress(address, interfaces)).map(({ name }) => name);
}
