/**
 * Which trace ids a block of records may hold: a Bloom filter. Pure. It never denies one that was added, and takes one that
 * was not for added about twice in a thousand times with as many traces as a block has records.
 */

/** Sixteen bits for each record of a block. */
const FILTER_BYTES = 8 * 1024;
const MASK = FILTER_BYTES * 8 - 1;
const TRACE_LENGTH = 32;
/** Four places: trace ids are random already, so that their digits are as good as a hash. */
const PLACES = [0, 8, 16, 24];

export class TraceFilter {
  #isEmpty = true;
  readonly bytes = new Uint8Array(FILTER_BYTES);

  /** Whether nothing was added. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add(trace: string): void {
    if (trace.length !== TRACE_LENGTH) return;
    this.#isEmpty = false;
    for (const at of PLACES) {
      const bit = bitAt(trace, at);
      this.bytes[bit >> 3] = (this.bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
}

export const mayHold = (filter: Uint8Array, trace: string): boolean =>
  PLACES.every((at) => {
    const bit = bitAt(trace, at);
    return ((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  });

const bitAt = (trace: string, at: number): number => Number.parseInt(trace.slice(at, at + 8), 16) & MASK;
