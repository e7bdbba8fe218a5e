/**
 * Whether one instance is to be left alone. Pure: time comes in, nothing goes out.
 *
 * closed → open: `consecutiveFailures` without an answer in between, or `failureRate` of at least `callsMin` calls within
 * about `windowMs`. open → half-open: after `openMs`, twice as long after each trial that failed, up to `openMsMax`; then one
 * call at a time is let through as a trial. half-open → closed: a trial is answered. half-open → open: a trial fails.
 *
 * What came of a call counts by when it was sent: in half-open only what was sent since then is a trial, so that the last
 * answers of a bad time neither close it nor open it again.
 */
import { limits } from '../../../../common/core/limits.js';

export interface BreakerOptions {
  readonly consecutiveFailures: number;
  /** From 0 to 1. */
  readonly failureRate: number;
  readonly windowMs: number;
  readonly callsMin: number;
  readonly openMs: number;
  readonly openMsMax: number;
}

export const breakerDefaults: BreakerOptions = {
  consecutiveFailures: limits.breakerFailures,
  failureRate: limits.breakerFailurePercent / 100,
  windowMs: limits.breakerWindowMs,
  callsMin: limits.breakerCallsMin,
  openMs: limits.breakerOpenMs,
  openMsMax: limits.breakerOpenMsMax,
};

export type BreakerState = 'closed' | 'open' | 'half-open';

export class Breaker {
  #state: BreakerState = 'closed';
  #failuresInRow = 0;
  /** The window is two halves: the one that fills and the one before it, so that it never begins from nothing. */
  #calls = 0;
  #failures = 0;
  #callsBefore = 0;
  #failuresBefore = 0;
  #halfBeganMs = Number.NEGATIVE_INFINITY;
  /** How often it opened without having closed. */
  #openings = 0;
  #tryAtMs = 0;
  #trialSentMs = Number.NEGATIVE_INFINITY;
  #halfOpenSinceMs = 0;

  /** @param onChange it admits more or less than before: whoever chooses among instances looks again. */
  constructor(private readonly onChange: () => void = () => undefined) {}

  get state(): BreakerState {
    return this.#state;
  }

  /** When the next trial may be made; 0 while it is closed. */
  get tryAtMs(): number {
    return this.#state === 'closed' ? 0 : this.#tryAtMs;
  }

  /** Whether a call may go there now. */
  admits(nowMs: number): boolean {
    return this.#state === 'closed' || nowMs >= this.#tryAtMs;
  }

  /** A call goes there; one that was admitted while it was not closed is the trial. */
  onSent(nowMs: number, { openMs }: BreakerOptions = breakerDefaults): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#halfOpenSinceMs = nowMs;
    this.#trialSentMs = nowMs;
    // A trial that never ends must not keep the instance out for ever.
    this.#tryAtMs = nowMs + openMs;
    this.#become('half-open');
  }

  /** It answered, whatever it said. True when that closes it. */
  onAnswer(sentMs: number, nowMs: number, { windowMs }: BreakerOptions = breakerDefaults): boolean {
    this.#failuresInRow = 0;
    if (this.#state === 'closed') this.#count(0, nowMs, windowMs);
    if (this.#state !== 'half-open' || sentMs < this.#halfOpenSinceMs) return false;
    this.#close();
    return true;
  }

  /** The call says that the instance is not well. Whether that is enough is judged by what holds for this call. */
  onFailure(sentMs: number, nowMs: number, options: BreakerOptions = breakerDefaults): void {
    if (this.#state === 'half-open' && sentMs >= this.#halfOpenSinceMs) return this.#open(nowMs, options);
    if (this.#state !== 'closed') return;
    this.#failuresInRow++;
    this.#count(1, nowMs, options.windowMs);
    if (this.#failuresInRow >= options.consecutiveFailures || this.#isRateOver(options)) this.#open(nowMs, options);
  }

  /** The call ended without saying anything about the instance: a trial is to be made by another one. */
  onNothing(sentMs: number, nowMs: number): void {
    if (this.#state !== 'half-open' || sentMs !== this.#trialSentMs) return;
    this.#tryAtMs = nowMs;
    this.onChange();
  }

  #isRateOver({ callsMin, failureRate }: BreakerOptions): boolean {
    const calls = this.#calls + this.#callsBefore;
    const failures = this.#failures + this.#failuresBefore;
    return calls >= callsMin && failures >= calls * failureRate;
  }

  #count(failure: 0 | 1, nowMs: number, windowMs: number): void {
    const halfMs = windowMs / 2;
    if (nowMs >= this.#halfBeganMs + halfMs) {
      const follows = nowMs < this.#halfBeganMs + 2 * halfMs;
      this.#callsBefore = follows ? this.#calls : 0;
      this.#failuresBefore = follows ? this.#failures : 0;
      this.#calls = 0;
      this.#failures = 0;
      this.#halfBeganMs = nowMs;
    }
    this.#calls++;
    this.#failures += failure;
  }

  #open(nowMs: number, { openMs, openMsMax }: BreakerOptions): void {
    this.#tryAtMs = nowMs + Math.min(openMs * 2 ** this.#openings, Math.max(openMs, openMsMax));
    this.#openings++;
    this.#become('open');
  }

  #close(): void {
    this.#openings = 0;
    this.#failuresInRow = 0;
    this.#halfBeganMs = Number.NEGATIVE_INFINITY;
    this.#become('closed');
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.onChange();
  }
}
