/** How late this process's event loop is: a timer that knows when it should have come. */
import type { Clock } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';

export class LoopLag {
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #lagMs = 0;

  constructor(private readonly clock: Clock) {}

  /** At the last beat, or now, when the next one is later than that. */
  get ms(): number {
    return this.#timer === undefined ? 0 : Math.max(this.#lagMs, this.clock.monotonicMs() - this.#dueMs);
  }

  start(): void {
    this.#dueMs = this.clock.monotonicMs() + BEAT_MS;
    this.#timer = setInterval(() => this.#onBeat(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #onBeat(): void {
    const nowMs = this.clock.monotonicMs();
    this.#lagMs = Math.max(0, nowMs - this.#dueMs);
    this.#dueMs = nowMs + BEAT_MS;
  }
}

const BEAT_MS = limits.heartbeatIntervalMs / 2;
