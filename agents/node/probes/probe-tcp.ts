/** Well when something accepts a connection. Nothing is sent. */
import { connect } from 'node:net';
import { systemCodeOf } from '../../../common/core/errors.js';
import type { Check } from './probe.js';

export function tcpCheck({ host, port }: { readonly host: string; readonly port: number }): Check {
  const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, signal });
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', (error) => reject(new Error(`${shown}: ${systemCodeOf(error) ?? error.message}`)));
    });
}
