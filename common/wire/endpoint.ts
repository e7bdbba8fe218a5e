/** `tcp://host:port`, and binding to it with an error that a person can act on. */
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

/**
 * Resolves when the port is free for the next one: libzmq gives it back in its own thread, some time after a close.
 * Bounded, because a socket that is in trouble must not hold a process that ends.
 */
export async function unbindEndpoint(socket: Socket, endpoint: string): Promise<void> {
  const freed = new Promise<void>((resolve) => socket.events.on('close', () => resolve()));
  const unbound = socket.unbind(endpoint).then(() => freed);
  await within(unbound, limits.closeTimeoutMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
}
