/**
 * Where a batch of events stands among those that were heard before. Pure: per publisher and topic it remembers the next
 * expected number, and so knows what is missing and what came before already. Bounded: the pair that was silent longest is
 * forgotten first, and that is counted.
 */
import { limits } from '../../core/limits.js';

export class SequenceTracker {
  forgotten = 0;
  readonly #next = new Map<string, number>();

  constructor(private readonly tracksMax: number = limits.subscriberTracksMax) {}

  /**
   * @returns above 0: so many events are missing before `firstSeq`; below 0: so many of the batch, its first ones, were
   * heard before. 0 for the first batch of a publisher.
   */
  place(publisher: string, topic: string, firstSeq: number, count: number): number {
    const key = `${publisher} ${topic}`;
    const expected = this.#next.get(key);
    if (expected === undefined) {
      if (this.#next.size >= this.tracksMax) this.#forgetOldest();
      this.#next.set(key, firstSeq + count);
      return 0;
    }
    this.#next.delete(key);
    this.#next.set(key, Math.max(expected, firstSeq + count));
    return Math.max(firstSeq - expected, -count);
  }

  /** For topics that are no longer listened to: what passes meanwhile is not missed. */
  forget(isUnheard: (topic: string) => boolean): void {
    for (const key of this.#next.keys()) if (isUnheard(key.slice(key.indexOf(' ') + 1))) this.#next.delete(key);
  }

  /** A Map keeps the order of insertion, and every touch re-inserts: the first key is the one silent longest. */
  #forgetOldest(): void {
    for (const key of this.#next.keys()) {
      this.#next.delete(key);
      this.forgotten++;
      return;
    }
  }
}
