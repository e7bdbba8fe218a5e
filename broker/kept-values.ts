/**
 * The last value of each topic whose publishers ask for it to be kept, with its publisher, number and time. Pure and bounded:
 * at the limit the value that was not renewed longest makes room, which is counted. A value survives its publisher, and not
 * this process: publishers that live send theirs again to the next one.
 *
 * Each change has a revision, so whoever asks gets what changed since it asked last, page by page.
 */
import { limits } from '../common/core/limits.js';

export interface KeptValue {
  readonly topic: string;
  /** `agent@machine#epoch` */
  readonly publisher: string;
  readonly seq: number;
  readonly tsMs: number;
  /** MessagePack. */
  readonly body: Uint8Array;
}

export interface KeptPage {
  readonly values: readonly KeptValue[];
  /** Continue after this one. */
  readonly revision: number;
  readonly more: boolean;
}

export interface KeptBounds {
  readonly topicsMax: number;
  readonly bytesMax: number;
  readonly pageBytesMax: number;
}

const BOUNDS: KeptBounds = {
  topicsMax: limits.keptTopicsMax,
  bytesMax: limits.keptBytesMax,
  pageBytesMax: limits.controlFrameBytesMax / 2,
};

export class KeptValues {
  /** Words that came after newer ones, and values that made room. */
  readonly counters = { renewals: 0, stale: 0, evicted: 0 };
  /** In the order of their revisions. */
  readonly #values = new Map<string, KeptValue & { readonly revision: number }>();
  #revision = 0;
  #bytes = 0;

  constructor(private readonly bounds: KeptBounds = BOUNDS) {}

  get count(): number {
    return this.#values.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of one publisher the higher number wins, of two the later time: they share this machine's clock. */
  keep(value: KeptValue): void {
    const known = this.#values.get(value.topic);
    if (known !== undefined && !isNewer(value, known)) {
      this.counters.stale++;
      return;
    }
    if (known !== undefined) this.#remove(known);
    this.#values.set(value.topic, { ...value, revision: ++this.#revision });
    this.#bytes += sizeOf(value);
    this.counters.renewals++;
    while (this.#values.size > this.bounds.topicsMax || this.#bytes > this.bounds.bytesMax) this.#evictOldest();
  }

  /** Those that changed after a revision, in the order of their changes, as many as fit a page. */
  since(revision: number, matches: (topic: string) => boolean): KeptPage {
    const values: KeptValue[] = [];
    let bytes = 0;
    let last = revision;
    for (const value of this.#values.values()) {
      if (value.revision <= revision) continue;
      if (matches(value.topic)) {
        bytes += sizeOf(value);
        if (values.length > 0 && bytes > this.bounds.pageBytesMax) return { values, revision: last, more: true };
        values.push(value);
      }
      last = value.revision;
    }
    return { values, revision: last, more: false };
  }

  #evictOldest(): void {
    const [oldest] = this.#values.values();
    if (oldest === undefined) return;
    this.#remove(oldest);
    this.counters.evicted++;
  }

  #remove(value: KeptValue): void {
    this.#values.delete(value.topic);
    this.#bytes -= sizeOf(value);
  }
}

const isNewer = (value: KeptValue, known: KeptValue): boolean =>
  value.publisher === known.publisher ? value.seq > known.seq : value.tsMs >= known.tsMs;

/** Each also takes room for itself, however small its body is. */
const sizeOf = ({ topic, publisher, body }: KeptValue): number => body.length + topic.length + publisher.length + 64;
