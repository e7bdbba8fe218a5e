/**
 * How many repeats a process may make of one service's calls: a share of the calls it made, and some per second whatever
 * they were, saved up for a while. A service in trouble so gets a little more work, never a multiple. Pure.
 */
import { limits } from '../../../../common/core/limits.js';

export interface RetryBudgetOptions {
  /** Repeats per call. */
  readonly ratio: number;
  readonly minPerSecond: number;
}

export const retryBudgetDefaults: RetryBudgetOptions = {
  ratio: limits.retryBudgetPercent / 100,
  minPerSecond: limits.retryBudgetPerSecond,
};

export class RetryBudget {
  /** Calls since the last reckoning: a call costs one addition. */
  #calls = 0;
  #saved: number;
  #reckonedMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RetryBudgetOptions = retryBudgetDefaults) {
    this.#saved = this.#savedMax;
  }

  onCall(): void {
    this.#calls++;
  }

  /** False when there is nothing left: the call is to end with the error that it has. */
  take(nowMs: number): boolean {
    const { ratio, minPerSecond } = this.options;
    const seconds = Math.min(Math.max(0, nowMs - this.#reckonedMs) / 1_000, limits.retryBudgetSavedSeconds);
    this.#saved = Math.min(this.#savedMax, this.#saved + this.#calls * ratio + seconds * minPerSecond);
    this.#calls = 0;
    this.#reckonedMs = nowMs;
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }

  /** A share that is far larger than the floor may be saved up too, for a burst of a thousand calls. */
  get #savedMax(): number {
    const { ratio, minPerSecond } = this.options;
    return Math.max(minPerSecond * limits.retryBudgetSavedSeconds, ratio * BURST_CALLS);
  }
}

const BURST_CALLS = 1_000;
