/**
 * What an address of mesh.yaml means: whether it is one, whether it stays inside the box, and what it looks like in
 * an endpoint. Pure; asks no name server, so loading a configuration works without a network.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** An address that others can connect to: an IP that is not a wildcard, or a host name. */
export function isReachable(address: string): boolean {
  if (isIP(address) !== 0) return !isWildcard(address);
  // Digits and dots alone are a mistyped IPv4 address, not a name.
  return HOST_NAME.test(address) && !/^[\d.]+$/.test(address);
}

/** An address that a socket can be bound to: libzmq takes numbers, no names. */
export const isBindable = (address: string): boolean => isIP(address) !== 0;

export const isWildcard = (address: string): boolean =>
  address === '0.0.0.0' || (isIPv6(address) && /^[0:]+$/.test(address));

/** True only for what no other box can reach: 127.0.0.0/8 and ::1. */
export const isLoopback = (address: string): boolean =>
  (isIPv4(address) && address.startsWith('127.')) || (isIPv6(address) && /^[0:]*:0*1$/.test(address));

/** @param port 0 lets the system pick, for binding. */
export const tcpEndpoint = (address: string, port: number): string =>
  isIPv6(address) ? `tcp://[${address}]:${port}` : `tcp://${address}:${port}`;
