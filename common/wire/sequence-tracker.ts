/**
 * Which events a subscriber missed. Pure: per publisher and topic it remembers the next expected number and answers how
 * many are missing before a batch. Bounded: the pair that was silent longest is forgotten first, and that is counted.
 */
import { limits } from '../core/limits.js';

export class SequenceTracker {
  forgotten = 0;
  readonly #next = new Map<string, number>();

  constructor(private readonly tracksMax: number = limits.subscriberTracksMax) {}

  /** @returns how many events are missing before `firstSeq`: 0 for the first one heard of this publisher. */
  gapBefore(publisher: string, topic: string, firstSeq: number, count: number): number {
    const key = `${publisher} ${topic}`;
    const expected = this.#next.get(key);
    if (expected !== undefined) this.#next.delete(key);
    else if (this.#next.size >= this.tracksMax) this.#forgetOldest();
    this.#next.set(key, Math.max(expected ?? 0, firstSeq + count));
    return expected === undefined ? 0 : Math.max(0, firstSeq - expected);
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
