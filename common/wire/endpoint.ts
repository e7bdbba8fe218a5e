/** `tcp://host:port`, and binding to it with an error that a person can act on. */
import type { Socket } from 'zeromq';
import { MeshError, messageOf, systemCodeOf } from '../core/errors.js';

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
