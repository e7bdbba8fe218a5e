/**
 * How this agent fares, from what it knows of itself, and when its node should hear of it. Pure: the node hears of a change
 * when it is worth telling, and again until it has heard.
 *
 * A lag counts when three beats in a row were late by it: a process that reads a large file once is not ailing. The share of
 * failures is that of the last ten seconds or so, and of no fewer than five calls.
 */
import { type Health, healthOf, isWorthTelling, type ToldHealth, WELL } from '../../../common/core/health-score.js';

export interface HealthLook {
  /** Of the beat that has just been. */
  readonly lagMs: number;
  /** Since the agent started. */
  readonly calls: number;
  readonly failures: number;
  /** How long the call that waits longest has waited. */
  readonly queueAgeMs: number;
}

export class HealthWatch {
  #current: Health = WELL;
  #told: ToldHealth = { health: WELL, toldMs: Number.NEGATIVE_INFINITY };
  #lags: readonly number[] = [];
  #lastCalls = 0;
  #lastFailures = 0;
  /** Of the last while: each second the older ones weigh less. */
  #calls = 0;
  #failures = 0;

  get current(): Health {
    return this.#current;
  }

  /** A second has passed. Answers what the node should hear, if anything. */
  look({ lagMs, calls, failures, queueAgeMs }: HealthLook, nowMs: number): Health | undefined {
    this.#lags = [...this.#lags, lagMs].slice(-LATE_BEATS);
    this.#calls = this.#calls * FADE + calls - this.#lastCalls;
    this.#failures = this.#failures * FADE + failures - this.#lastFailures;
    this.#lastCalls = calls;
    this.#lastFailures = failures;
    this.#current = healthOf({
      loopLagMs: this.#lags.length < LATE_BEATS ? 0 : Math.min(...this.#lags),
      ...(this.#calls < CALLS_MIN ? {} : { failureShare: this.#failures / this.#calls }),
      queueAgeMs,
    });
    return isWorthTelling(this.#told, this.#current, nowMs) ? this.#current : undefined;
  }

  /** The node has heard it. */
  told(health: Health, nowMs: number): void {
    this.#told = { health, toldMs: nowMs };
  }
}

const LATE_BEATS = 3;
const FADE = 0.9;
const CALLS_MIN = 5;
