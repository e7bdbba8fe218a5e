/** A batch of the log on its way to the store's thread: its records as columns, as they nearly always are all records. */
import { type PackedRecords, packHashes, packRecords, unpackHashes, unpackRecords } from '../packed-records.js';
import { type ChainEntry, HASH_BYTES, type RecordEntry } from '../record.js';
import type { LogAppend } from './log-types.js';

export interface PackedAppend extends Omit<LogAppend, 'entries'> {
  readonly seqs: readonly number[];
  readonly records: PackedRecords;
  readonly hashes: Uint8Array;
}

/** As it is where it has a hole, or a hash that is none: the store says what is to be said about that. */
export function packAppend(batch: LogAppend): PackedAppend | LogAppend {
  const { entries, ...rest } = batch;
  if (!entries.every(isPlain)) return batch;
  const seqs = entries.map(({ seq }) => seq);
  return { ...rest, seqs, records: packRecords(entries), hashes: packHashes(entries.map(({ hash }) => hash)) };
}

export function unpackAppend(batch: PackedAppend | LogAppend): LogAppend {
  if ('entries' in batch) return batch;
  const { seqs, records, hashes, ...rest } = batch;
  const hashOf = unpackHashes(hashes);
  const entries = unpackRecords(records).map(
    ({ stream, tsMs, agent, epoch, body, trace, ref, key }, i): RecordEntry => {
      const [seq = 0, hash = NO_HASH] = [seqs[i], hashOf[i]];
      return { kind: 'record', seq, stream, tsMs, agent, epoch, body, trace, ref, key, hash };
    },
  );
  return { ...rest, entries };
}

/** Rows that it writes. */
export const rowsOf = (batch: PackedAppend | LogAppend): number =>
  'entries' in batch ? batch.entries.length : batch.seqs.length;

const isPlain = (entry: ChainEntry): entry is RecordEntry =>
  entry.kind === 'record' && entry.hash.byteLength === HASH_BYTES;

const NO_HASH = new Uint8Array();
