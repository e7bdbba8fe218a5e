/**
 * What this process sees of one instance's speed: calls that are out, and a moving average of how long answers took. Pure.
 *
 * The average weighs by time, not by count, so a burst is one observation; and it fades while nothing is observed, so that
 * one who was slow is tried again. Who has calls out and answers none of them counts as slow as that silence is long: a
 * process that stands still is noticed after milliseconds, long before its calls run out of time.
 */
const AVERAGE_MS = 200;
/** What takes long is observed seldom: its average fades over a multiple of itself. */
const FADE_MS_MIN = 3_000;
const FADE_FACTOR = 2;
/** Below this, differences are noise of the event loop. */
const FLOOR_MS = 0.2;

export class Load {
  #inFlight = 0;
  #streams = 0;
  #averageMs = 0;
  #observedMs = Number.NEGATIVE_INFINITY;
  /** The last answer, or since when something is out again. */
  #progressMs = 0;
  #avoidUntilMs = 0;

  /** Calls and streams that are out. */
  get inFlight(): number {
    return this.#inFlight + this.#streams;
  }

  onSent(nowMs: number): void {
    if (this.#inFlight++ === 0) this.#progressMs = nowMs;
  }

  onAnswer(sentMs: number, nowMs: number): void {
    this.#inFlight--;
    this.#progressMs = nowMs;
    this.#observe(nowMs - sentMs, nowMs);
  }

  /** What was observed before does not count any more. */
  begin(ms: number, nowMs: number): void {
    this.#averageMs = ms;
    this.#observedMs = nowMs;
  }

  /** @param penaltyMs how slow an answer would be as bad. */
  onFailure(penaltyMs: number, nowMs: number): void {
    this.#inFlight--;
    this.#observe(penaltyMs, nowMs);
  }

  /** It ended without an answer, and that says nothing. */
  onNothing(): void {
    this.#inFlight--;
  }

  /** A stream is out: that it says nothing for a while means nothing. */
  onStream(opened: boolean): void {
    this.#streams += opened ? 1 : -1;
  }

  /** It has asked not to be called for so long. */
  avoid(ms: number, nowMs: number): void {
    this.#avoidUntilMs = Math.max(this.#avoidUntilMs, nowMs + ms);
  }

  /** How long an answer is likely to take if nothing else were out. */
  expectedMs(nowMs: number): number {
    const fadeMs = Math.max(FADE_MS_MIN, FADE_FACTOR * this.#averageMs);
    const faded = this.#averageMs * Math.exp((this.#observedMs - nowMs) / fadeMs);
    const silence = this.#inFlight > 0 ? nowMs - this.#progressMs : 0;
    return Math.max(faded, silence, FLOOR_MS) + Math.max(0, this.#avoidUntilMs - nowMs);
  }

  /** How much one more call would have to wait: what `least-latency` compares. */
  cost(nowMs: number): number {
    return this.expectedMs(nowMs) * (this.inFlight + 1);
  }

  #observe(ms: number, nowMs: number): void {
    const weight = 1 - Math.exp((this.#observedMs - nowMs) / AVERAGE_MS);
    this.#averageMs += weight * (ms - this.#averageMs);
    this.#observedMs = nowMs;
  }
}
