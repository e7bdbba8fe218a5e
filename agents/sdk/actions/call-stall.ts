/**
 * The calls that came while this process stood still: stopped, suspended, or with its event loop blocked. Nobody can tell how
 * long they have been there, and most of their callers have given up; that they have stands in the same connection, a
 * little further on. So after a standstill a call is held for a moment, in which that is read, and started only if
 * somebody still waits for it.
 */
import { delay } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import type { CallSource } from './action-call.js';

export class CallStall {
  /** A call that was read later than this may have come long before. */
  suspectAfterMs = Number.POSITIVE_INFINITY;
  stallCount = 0;
  #timer: NodeJS.Timeout | undefined;

  /** The regular beat of the agent, `lagMs` late. */
  onBeat(nowMs: number, lagMs: number): void {
    const nextSuspectMs = nowMs + limits.heartbeatIntervalMs + TOLERATED_MS;
    if (lagMs <= TOLERATED_MS) {
      if (this.#timer === undefined) this.suspectAfterMs = nextSuspectMs;
      return;
    }
    // What waited in the socket may be read after this beat.
    this.stallCount++;
    this.suspectAfterMs = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.suspectAfterMs = nextSuspectMs;
    }, SUSPECT_MS);
  }

  /** The beat has ended: nothing is suspected any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.suspectAfterMs = Number.POSITIVE_INFINITY;
  }

  /** Resolves when the call may start. @throws why nobody waits for it any more */
  async hold(source: CallSource): Promise<void> {
    let abandoned: unknown;
    source.onAbandoned((reason) => {
      abandoned = reason;
    });
    await delay(HOLD_MS);
    if (abandoned !== undefined) throw abandoned;
  }
}

/** Event loops are late by less than this all day. */
const TOLERATED_MS = 250;
/** Time for what lies in the connection to be read. */
const HOLD_MS = 100;
const SUSPECT_MS = 250;
