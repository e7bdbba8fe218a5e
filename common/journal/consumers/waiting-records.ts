/** Records that wait to be delivered, by their ids; some not before their time. Pure. */
import type { WindowEntry } from './record-window.js';

export class WaitingRecords {
  readonly #waiting = new Map<number, WindowEntry>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Those that failed before. */
  get retryingCount(): number {
    let count = 0;
    for (const { deliveries } of this.#waiting.values()) if (deliveries > 0) count++;
    return count;
  }

  get(id: number): WindowEntry | undefined {
    return this.#waiting.get(id);
  }

  add(entry: WindowEntry): void {
    this.#waiting.set(entry.id, entry);
  }

  delete(id: number): void {
    this.#waiting.delete(id);
  }

  all(): Iterable<WindowEntry> {
    return this.#waiting.values();
  }

  dueCount(nowMs: number): number {
    let count = 0;
    for (const { dueMs } of this.#waiting.values()) if (dueMs <= nowMs) count++;
    return count;
  }

  /** When the next one is due; what is due already waits for somebody's word, not for the time. */
  nextDueMs(nowMs: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#waiting.values()) if (dueMs > nowMs) next = Math.min(next, dueMs);
    return next;
  }
}
