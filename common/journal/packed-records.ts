/**
 * Records on their way between two threads: as columns, with all bodies in one piece of memory. What crosses is copied, and
 * a record as an object of its own, with a buffer for its body and one for its hash, costs more to copy than to store.
 */
import { HASH_BYTES, type NewRecord } from './record.js';

/** A single value stands for all records. */
type Column<T> = readonly T[];

export interface PackedRecords {
  readonly count: number;
  readonly streams: Column<string>;
  readonly tsMs: Column<number>;
  readonly agents: Column<string>;
  readonly epochs: Column<number>;
  readonly traces: Column<string>;
  readonly refs: Column<string>;
  readonly keys: Column<string>;
  readonly bodies: Uint8Array;
  /** Where each body ends in `bodies`. */
  readonly ends: Column<number>;
}

/** A piece of memory of its own, and so no view drags the frame along in which it came. */
export function packRecords(records: readonly NewRecord[]): PackedRecords {
  const bodies = new Uint8Array(records.reduce((sum, { body }) => sum + body.byteLength, 0));
  const ends: number[] = [];
  let end = 0;
  for (const { body } of records) {
    bodies.set(body, end);
    end += body.byteLength;
    ends.push(end);
  }
  return {
    count: records.length,
    streams: columnOf(records, (record) => record.stream),
    tsMs: columnOf(records, (record) => record.tsMs),
    agents: columnOf(records, (record) => record.agent),
    epochs: columnOf(records, (record) => record.epoch),
    traces: columnOf(records, (record) => record.trace),
    refs: columnOf(records, (record) => record.ref),
    keys: columnOf(records, (record) => record.key),
    bodies,
    ends,
  };
}

export function unpackRecords(packed: PackedRecords): NewRecord[] {
  const records: NewRecord[] = [];
  for (let i = 0; i < packed.count; i++) records.push(recordAt(packed, i));
  return records;
}

/** A view of it, for as long as it is needed. */
export function recordAt(packed: PackedRecords, i: number): NewRecord {
  const { streams, tsMs, agents, epochs, traces, refs, keys, bodies, ends } = packed;
  return {
    stream: valueAt(streams, i, ''),
    tsMs: valueAt(tsMs, i, 0),
    agent: valueAt(agents, i, ''),
    epoch: valueAt(epochs, i, 0),
    body: bodies.subarray(i === 0 ? 0 : ends[i - 1], ends[i]),
    trace: valueAt(traces, i, ''),
    ref: valueAt(refs, i, ''),
    key: valueAt(keys, i, ''),
  };
}

export function packHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [i, hash] of hashes.entries()) packed.set(hash, i * HASH_BYTES);
  return packed;
}

export function unpackHashes(packed: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let i = 0; i * HASH_BYTES < packed.byteLength; i++) hashes.push(hashIn(packed, i));
  return hashes;
}

/** A view of it. */
export const hashIn = (packed: Uint8Array, i: number): Uint8Array =>
  packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);

function columnOf<T>(records: readonly NewRecord[], pick: (record: NewRecord) => T): Column<T> {
  const [first] = records;
  if (first === undefined) return [];
  const value = pick(first);
  return records.every((record) => pick(record) === value) ? [value] : records.map(pick);
}

const valueAt = <T>(column: Column<T>, i: number, none: T): T => (column.length === 1 ? column[0] : column[i]) ?? none;
