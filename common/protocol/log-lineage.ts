/**
 * Main's log as whoever reads it by id knows it. An id is a record only as long as the log's file goes on where it was: one that
 * was put back to an older state, or begun anew, gives ids out again. Pure: it is told what openings the file has had,
 * and says up to which id it still is the log that was read before.
 */
import type { LogOpening } from './log-opening.js';

export class LogLineage {
  #known: readonly LogOpening[] = [];

  get isKnown(): boolean {
    return this.#known.length > 0;
  }

  /** Whether nothing has changed since the openings were learnt. */
  isAt(epoch: string): boolean {
    return this.#known.at(-1)?.epoch === epoch;
  }

  /**
   * What the log says of its openings now. Answers the last id that was given out in those that are known from before: ids up
   * to there are what they were, and whoever has come further has read another log. Infinity when there is no opening
   * since, and when none was known.
   */
  learn(openings: readonly LogOpening[]): number {
    const before = new Set(this.#known.map(({ epoch }) => epoch));
    this.#known = openings;
    if (before.size === 0) return Number.POSITIVE_INFINITY;
    const shared = openings.findLastIndex(({ epoch }) => before.has(epoch));
    const firstOther = openings[shared + 1];
    return firstOther === undefined ? Number.POSITIVE_INFINITY : firstOther.firstId - 1;
  }
}
