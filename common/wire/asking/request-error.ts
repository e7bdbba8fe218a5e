/** The ways in which a request ends without an answer, as sentences: each names the peer, the method and the next step. */
import { MeshError } from '../../core/errors.js';

/** Whom a client asks. */
export interface PeerName {
  readonly peer: string;
  readonly endpoint: string;
}

export const interrupted = (method: string) => new MeshError('INTERRUPTED', `${method} was given up by its caller`);

export const closed = ({ peer }: PeerName) => new MeshError('CLOSED', `the connection to ${peer} has been closed`);

export const connectionLost = ({ peer, endpoint }: PeerName, method: string) =>
  new MeshError('CONNECTION_LOST', `the connection to ${peer} (${endpoint}) broke while ${method} was out`, {
    hint: 'it may have run: repeat it only if that does no harm',
  });

/** It was sent and not answered. */
export const timedOut = ({ peer, endpoint }: PeerName, method: string, timeoutMs: number) =>
  new MeshError('TIMED_OUT', `${peer} (${endpoint}) did not answer ${method} within ${timeoutMs} ms`, {
    hint: 'it may be busy, or it may have run',
  });

/** A stream whose callee shows no more signs of life. */
export const fellSilent = ({ peer, endpoint }: PeerName, method: string, silenceMs: number) =>
  new MeshError('TIMED_OUT', `nothing came from the stream of ${method} of ${peer} (${endpoint}) for ${silenceMs} ms`, {
    hint: 'it may be stuck: see "mesh ps"',
  });

/** It never left. */
export const unreachable = ({ peer, endpoint }: PeerName, timeoutMs: number) =>
  new MeshError('UNREACHABLE', `${peer} cannot be reached at ${endpoint}: no connection within ${timeoutMs} ms`, {
    hint: 'run "mesh status" to see what is up',
  });

export const queueFull = ({ peer }: PeerName, method: string, pendingCount: number) =>
  new MeshError('QUEUE_FULL', `${pendingCount} requests to ${peer} wait already; ${method} was not sent`, {
    hint: 'wait for some of them, or send less at a time',
  });

export const tooLarge = (method: string, sizeBytes: number, bytesMax: number) =>
  new MeshError('TOO_LARGE', `a request of ${sizeBytes} bytes for ${method} is over the limit of ${bytesMax}`);
