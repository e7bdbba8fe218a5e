/** Well when something accepts a connection. Nothing is sent. */
import { connect } from 'node:net';
import { systemCodeOf } from '../../common/core/errors.js';
import type { Check } from './probe.js';

export function tcpCheck({ host, port }: { readonly host: string; readonly port: number }): Check {
  // `[::1]:80` is how an address with colons is written before a port.
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: bare, port, signal });
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', (error) => reject(new Error(`${host}:${port}: ${systemCodeOf(error) ?? error.message}`)));
    });
}
