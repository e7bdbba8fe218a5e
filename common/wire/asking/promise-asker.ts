/** Who waits for the answer to a request: anybody, or a promise. */
import { setMaxListeners } from 'node:events';
import type { MeshError } from '../../core/errors.js';
import type { ReplyTimings } from '../../protocol/request-meta.js';

/** Is told one of the two, once, and throws in neither. */
export interface Asker {
  /**
   * @param timings when the request waited at its callee, or its meta asked for them.
   * @param readMs when the answer was read, monotonic.
   */
  onReply(body: unknown, timings: ReplyTimings | undefined, readMs: number): void;
  /**
   * @param sent it left, and the peer may have run it.
   * @param answered this is what the peer said, and not what this side found.
   */
  onFailure(error: MeshError, sent: boolean, answered?: boolean): void;
}

/** The promise of one request. */
export class PromiseAsker implements Asker {
  #forget: (() => void) | undefined;

  constructor(
    private readonly resolve: (body: unknown) => void,
    private readonly reject: (error: MeshError) => void,
  ) {}

  onReply(body: unknown): void {
    this.#forget?.();
    this.resolve(body);
  }

  onFailure(error: MeshError): void {
    this.#forget?.();
    this.reject(error);
  }

  listen(signal: AbortSignal, onAbort: () => void): void {
    this.#forget = listenTo(signal, onAbort);
  }
}

/** @returns what ends it: a signal may outlive thousands of requests, and none of them stays with it. */
export function listenTo(signal: AbortSignal, onAbort: () => void): () => void {
  // One signal may hold any number of requests; Node would call more than ten a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', onAbort);
  return () => signal.removeEventListener('abort', onAbort);
}
