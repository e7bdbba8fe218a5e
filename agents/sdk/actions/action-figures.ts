/**
 * What is counted of one action. Pure. Counting is an addition; looking at the clock costs more than many an action, so
 * under load only some calls are timed: the first of each second and then one of many.
 */
import { DurationHistogram, type DurationSummary } from './duration-histogram.js';

export interface ActionCounts extends Partial<DurationSummary> {
  readonly calls: number;
  /** It threw, or answered what its schema refuses. */
  readonly failures: number;
  /** Ended because nobody waited any more. */
  readonly givenUp: number;
  /** Turned away before they ran: overloaded, or too late. */
  readonly refused: number;
  /** Answered with what an earlier call with the same key did. */
  readonly repeats: number;
  readonly running: number;
  readonly waiting: number;
}

export class ActionFigures {
  calls = 0;
  failures = 0;
  givenUp = 0;
  refused = 0;
  repeats = 0;
  running = 0;
  /** Calls until one is timed. */
  #untimed: number;
  #timedCount = 0;
  #tickCount = 0;
  #durations: DurationHistogram | undefined;

  /** @param isTimed false: nothing is ever timed. */
  constructor(private readonly isTimed: boolean) {
    this.#untimed = isTimed ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Whether the call that has come is one that is timed. */
  isNextTimed(): boolean {
    if (this.#untimed-- > 0) return false;
    this.#untimed = ++this.#timedCount < TIMED_PER_SECOND ? 0 : STRIDE;
    return true;
  }

  /** A call ran for so long. */
  note(runMs: number): void {
    if (!this.isTimed) return;
    this.#durations ??= new DurationHistogram();
    this.#durations.add(runMs);
  }

  /** A second has passed. */
  tick(): void {
    this.#timedCount = 0;
    if (this.isTimed) this.#untimed = 0;
    if (++this.#tickCount % FADE_SECONDS === 0) this.#durations?.fade();
  }

  counts(waiting: number): ActionCounts {
    const { calls, failures, givenUp, refused, repeats, running } = this;
    return { calls, failures, givenUp, refused, repeats, running, waiting, ...this.#durations?.summary };
  }
}

/** Enough for a figure of the last minute; at a hundred thousand calls a second the stride times a thousandth of them. */
const TIMED_PER_SECOND = 64;
const STRIDE = 1_000;
const FADE_SECONDS = 30;
