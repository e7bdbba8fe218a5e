/**
 * Requests that are held open until something is new: the waiting half of every long poll. Bounded: where there is no
 * room the answer is not held. Each wait ends exactly once: by `notify`, by its time, or by `close`.
 */
import { limits } from '../core/limits.js';

export class Waiters {
  readonly counters = { waits: 0, refusedWaits: 0 };
  readonly #waiting = new Set<(notified: boolean) => void>();
  #mark = 0;
  #closed = false;

  constructor(private readonly countMax: number = limits.waitersMax) {}

  get count(): number {
    return this.#waiting.size;
  }

  /** Counts notifications: whoever looks first and waits afterwards takes it before looking, and misses none. */
  get mark(): number {
    return this.#mark;
  }

  /**
   * True as soon as something was notified after `since`; false when `ms` passed, when this was closed, or at once when
   * there is no room: then it is time to answer with what there is.
   */
  wait(ms: number, since: number = this.#mark): Promise<boolean> {
    if (since !== this.#mark) return Promise.resolve(true);
    if (this.#closed || ms <= 0) return Promise.resolve(false);
    if (this.#waiting.size >= this.countMax) {
      this.counters.refusedWaits++;
      return Promise.resolve(false);
    }
    this.counters.waits++;
    return new Promise((resolve) => {
      const end = (notified: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve(notified);
      };
      const timer = setTimeout(() => end(false), ms);
      this.#waiting.add(end);
    });
  }

  /** Something is new. */
  notify(): void {
    this.#mark++;
    for (const end of [...this.#waiting]) end(true);
  }

  /** Ends every wait, and those still to come. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#waiting]) end(false);
  }
}
