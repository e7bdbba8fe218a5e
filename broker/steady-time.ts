/**
 * The time by which records are old enough to go. What goes is gone, so a clock on the wall that is set forward by mistake must
 * not take it: this time runs no faster than the monotonic clock until the wall has said the same for long enough. A clock
 * that is set back is followed at once: by it nothing goes too early. Pure.
 */
import type { Moment } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';

export class SteadyTime {
  /** How far the wall is believed to be from the monotonic clock. */
  #offsetMs = Number.POSITIVE_INFINITY;
  /** How far it says to be since it was set forward. */
  #said: { readonly offsetMs: number; readonly sinceMs: number } | undefined;

  /** The clock was set forward, and is not believed yet. */
  get isHeld(): boolean {
    return this.#said !== undefined;
  }

  at({ wallMs, monotonicMs }: Moment): number {
    const offsetMs = wallMs - monotonicMs;
    if (offsetMs - this.#offsetMs <= limits.clockStepMs) return this.#believe(offsetMs, wallMs);
    if (this.#said === undefined || Math.abs(offsetMs - this.#said.offsetMs) > limits.clockStepMs)
      this.#said = { offsetMs, sinceMs: monotonicMs };
    const hasSaidItForLong = monotonicMs - this.#said.sinceMs >= limits.clockBelievedMs;
    return hasSaidItForLong ? this.#believe(offsetMs, wallMs) : monotonicMs + this.#offsetMs;
  }

  #believe(offsetMs: number, wallMs: number): number {
    this.#offsetMs = offsetMs;
    this.#said = undefined;
    return wallMs;
  }
}
