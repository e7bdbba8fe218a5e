/**
 * Where the kept value of a topic and its live events meet, for one subscription: each event reaches it once and in the order
 * of its publisher, whichever way it comes first. Both ways carry the number that the publisher gave it; nothing else is
 * needed. Pure.
 *
 * A kept value is also left out when a later event of its machine on its topic was heard: the last word of one publisher is
 * not to follow a newer one of another. Clocks are only compared within a machine.
 */
import { limits } from '../../core/limits.js';
import { SequenceTracker } from './sequence-tracker.js';

export class LastValueSeam {
  readonly #sequences: SequenceTracker;
  /** By machine and topic, the time of the newest event. */
  readonly #newestMs = new Map<string, number>();

  constructor(private readonly tracksMax: number = limits.subscriberTracksMax) {
    this.#sequences = new SequenceTracker(tracksMax);
  }

  /** As `SequenceTracker.place`. */
  live(publisher: string, topic: string, firstSeq: number, count: number, tsMs: number): number {
    this.#note(publisher, topic, tsMs);
    return this.#sequences.place(publisher, topic, firstSeq, count);
  }

  /** @returns how many events are missing before it, or undefined when it is not to be handled. */
  kept(publisher: string, topic: string, seq: number, tsMs: number): number | undefined {
    if (tsMs < (this.#newestMs.get(placeOf(publisher, topic)) ?? 0)) return undefined;
    const place = this.#sequences.place(publisher, topic, seq, 1);
    if (place < 0) return undefined;
    this.#note(publisher, topic, tsMs);
    return place;
  }

  #note(publisher: string, topic: string, tsMs: number): void {
    const place = placeOf(publisher, topic);
    const newestMs = this.#newestMs.get(place);
    if (newestMs !== undefined && newestMs >= tsMs) return;
    // Forgetting all costs a comparison that is hardly ever needed, and it hardly ever happens.
    if (newestMs === undefined && this.#newestMs.size >= this.tracksMax) this.#newestMs.clear();
    this.#newestMs.set(place, tsMs);
  }
}

/** `agent@machine#epoch` */
const placeOf = (publisher: string, topic: string): string =>
  `${publisher.slice(publisher.indexOf('@') + 1, publisher.lastIndexOf('#'))} ${topic}`;
