/**
 * Which trace ids a block of records may hold: a Bloom filter. Pure. It never denies one that was added, and takes one that
 * was not for added about twice in a thousand times with as many traces as a block has records.
 */

/** Sixteen bits for each record of a block. */
const FILTER_BYTES = 8 * 1024;
const MASK = 0xffff;
const TRACE_LENGTH = 32;
/** Four places: trace ids are random already, so that their digits are as good as a hash. */
const PLACES = [0, 8, 16, 24];

export class TraceFilter {
  readonly bytes = new Uint8Array(FILTER_BYTES);

  /** @param traces ids one behind the other; what is no row of ids makes a filter that takes everything */
  constructor(traces: string) {
    const ids = Buffer.from(traces, 'hex');
    if (ids.length * 2 !== traces.length || traces.length % TRACE_LENGTH !== 0) this.bytes.fill(0xff);
    // The last two bytes of every four: what `bitAt` reads of the text.
    for (let at = 2; at < ids.length; at += 4) {
      const bit = ids.readUInt16BE(at);
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
