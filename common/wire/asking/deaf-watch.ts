/**
 * Slow methods or a deaf connection? A connection that is up and never answers may be one that its peer no longer knows:
 * then a new one, under a new id, is the cure. But every server answers a ping at once, if only with a refusal: a peer that
 * still does keeps its connection, and with it whatever else is out on it.
 */
import { MeshError } from '../../core/errors.js';

export interface DeafWatchOptions {
  /** Asks the peer for a sign, with that much patience. */
  readonly ping: (timeoutMs: number) => Promise<unknown>;
  /** Which connection is up; undefined when none is. */
  readonly connection: () => object | undefined;
  readonly onDeaf: () => void;
}

export class DeafWatch {
  /** Requests that timed out since the last answer. */
  #silentTimeouts = 0;
  #probing = false;

  constructor(private readonly options: DeafWatchOptions) {}

  onAnswer(): void {
    this.#silentTimeouts = 0;
  }

  onTimeout(): void {
    this.#silentTimeouts++;
  }

  /** Pings once so many requests were in vain. */
  check(): void {
    if (this.#silentTimeouts < SILENT_TIMEOUTS_MAX || this.#probing) return;
    const { ping, connection, onDeaf } = this.options;
    const suspect = connection();
    if (suspect === undefined) return;
    this.#probing = true;
    void ping(PROBE_MS)
      .catch((error: unknown) => {
        const isSilent = error instanceof MeshError && error.code === 'TIMED_OUT';
        if (!isSilent || this.#silentTimeouts < SILENT_TIMEOUTS_MAX || suspect !== connection()) return;
        this.#silentTimeouts = 0;
        onDeaf();
      })
      .finally(() => {
        this.#probing = false;
      });
  }
}

const SILENT_TIMEOUTS_MAX = 3;
/** A healthy peer answers a ping in a millisecond, and one whose event loop is blocked deserves some patience. */
const PROBE_MS = 2_000;
