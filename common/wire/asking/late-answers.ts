/**
 * Requests that were given up after they had left: an answer that still comes to one of them is late, and neither stray nor
 * a fault. Pure and bounded: the oldest is forgotten.
 */
import { limits } from '../../core/limits.js';

export class LateAnswers {
  readonly #ids = new Set<number>();

  expect(id: number): void {
    this.#ids.add(id);
    if (this.#ids.size <= limits.lateAnswersKept) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }

  /** True once for each that was given up. */
  take(id: number): boolean {
    return this.#ids.delete(id);
  }

  /** What belongs to the request comes on, but is not its answer. */
  has(id: number): boolean {
    return this.#ids.has(id);
  }
}
