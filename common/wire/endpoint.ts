/** `tcp://host:port` and `ipc:///path`, and binding to them with an error that a person can act on. */
import { chmodSync } from 'node:fs';
import type { Socket } from 'zeromq';
import { within } from '../core/clock.js';
import { MeshError, messageOf, systemCodeOf } from '../core/errors.js';
import { limits } from '../core/limits.js';

/** Binds and returns the endpoint with the port that the system chose where `endpoint` says `:0`. @throws PORT_IN_USE */
export async function bindEndpoint(socket: Socket, endpoint: string, purpose: string): Promise<string> {
  try {
    await socket.bind(endpoint);
  } catch (error) {
    if (systemCodeOf(error) === 'EADDRINUSE') {
      throw new MeshError('PORT_IN_USE', `${purpose} cannot listen on ${endpoint}: the port is taken`, {
        hint: 'run "mesh port check" to see which port is taken, or "mesh status" for a mesh that still runs',
      });
    }
    throw new MeshError('START_FAILED', `${purpose} cannot listen on ${endpoint}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return socket.lastEndpoint ?? endpoint;
}

/** The endpoint of a socket file; empty where the path is longer than a socket's address can be. */
export const ipcEndpoint = (path: string): string =>
  Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX ? '' : `${IPC}${path}`;

/** The file of an `ipc` endpoint. */
export const socketFileOf = (endpoint: string): string => endpoint.slice(IPC.length);

/** Binds to a socket file that its owner alone can use; one that a dead process left there is replaced. @throws START_FAILED */
export async function bindIpc(socket: Socket, endpoint: string, purpose: string): Promise<void> {
  await bindEndpoint(socket, endpoint, purpose);
  chmodSync(socketFileOf(endpoint), 0o600);
}

/**
 * Resolves when the port is free for the next one: libzmq gives it back in its own thread, some time after a close.
 * Bounded, because a socket that is in trouble must not hold a process that ends.
 */
export async function unbindEndpoint(socket: Socket, endpoint: string): Promise<void> {
  const freed = new Promise<void>((resolve) => socket.events.on('close', () => resolve()));
  try {
    // Not `unbind`: it is at work on the socket in another thread while this one looks what has come, and libzmq, whose
    // sockets are for one thread, aborts the process for it when a peer goes at that moment. Not `unbindSync`: in this
    // release it binds. To libzmq `unbind` and `disconnect` are one function, and this one runs here and now.
    socket.disconnect(endpoint);
  } catch {
    return;
  }
  await within(freed, limits.closeTimeoutMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
}

const IPC = 'ipc://';
/** The kernel takes 108 with the zero at the end. */
const SOCKET_PATH_BYTES_MAX = 107;
