/**
 * What a caller says and gets: the target, the options and the stream of a call. Types only.
 */
import type { MeshError } from '../../../common/core/errors.js';

/**
 * Whom a call is for, as an object: what is left out does not matter. The text form says the same in one word:
 * `vision.detect`, `vision@pc2.detect`, `vision@^2.detect`.
 */
export interface CallAddress {
  /** Name of the service: the agent's name. Without it, any agent that has the capability. */
  readonly service?: string;
  /** Only agents that have it among their capabilities. */
  readonly capability?: string;
  /** Only instances whose version is in this semver range: `^2`, `2.1`, `>=1.4 <3`. */
  readonly version?: string;
  /** Only the instance on this machine. */
  readonly machine?: string;
  readonly action: string;
}

export interface CallOptions {
  /**
   * How long the caller waits, in milliseconds, over all attempts. Default: what is left of the call that this one is made
   * in, what its policy says, or `limits.requestTimeoutMs`; a stream may go on as long as its callee shows signs of life.
   */
  readonly timeoutMs?: number;
  /**
   * How often the call may be made again, within its time. Only a call that did not run is: one that never left, that was
   * refused before it ran, whose action says that it is idempotent, or that has an `idempotencyKey`. Default `limits.callRetries`.
   */
  readonly retries?: number;
  /**
   * Text of at most `limits.idempotencyKeyLengthMax` characters: the callee runs the action once for this key, and a repeat
   * gets the same answer. All calls with one key go to one instance while it serves; one that dies takes its memory with it.
   */
  readonly idempotencyKey?: string;
  /** From 0 (first) to 9 (last) in the callee's queue. Default 5. */
  readonly priority?: number;
  /** Gives the call up: the callee hears of it, and the caller gets INTERRUPTED. */
  readonly signal?: AbortSignal;
}

/** The call in whose action another one is made: its time, its end and its trace hold for that one too. */
export interface CallOrigin {
  /** Time that its caller still waits; Infinity when it did not say. */
  remainingMs(): number;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** The same for less than a signal costs: calls `listener` then, at once when it is so already. Answers what takes it back. */
  onEnd?(listener: (reason: MeshError) => void): () => void;
  /** W3C `traceparent`, when there is one. */
  readonly trace: string | undefined;
}

/** The same for what is emitted or reported within it: only its trace holds there. */
export type TraceOrigin = Pick<CallOrigin, 'trace'>;

/**
 * A call whose action yields. Iterate over its items once; leaving the loop cancels the call. No more items come than are
 * read: a slow reader slows the callee down.
 */
export interface CallStream extends AsyncIterable<unknown> {
  /** What the action returned. Rejects as a call does; a stream that is only iterated over throws there, and nothing is unhandled. */
  readonly result: Promise<unknown>;
  /** Steers: one value for the action's `inbox`. Resolves when the callee has room for it. @throws CLOSED when the call has ended */
  send(body: unknown): Promise<void>;
  /** Gives the call up; the iteration ends, and `result` rejects with INTERRUPTED. Idempotent. */
  cancel(): void;
}
