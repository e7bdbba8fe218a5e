/** What a request server is told when it is made: where it listens, and who answers. */
import type { IncomingRequest } from './incoming-request.js';
import type { ServerEndpointsOptions } from './server-endpoints.js';

/** Answers one request; what it throws becomes an error envelope. */
export type RequestHandler = (request: IncomingRequest) => unknown;

export interface RequestServerOptions extends ServerEndpointsOptions {
  readonly frameBytesMax: number;
  readonly handle: RequestHandler;
  /** A handler threw something that is no MeshError: a bug, told in full here and blandly to the peer. */
  readonly onBug: (error: unknown, method: string) => void;
}
