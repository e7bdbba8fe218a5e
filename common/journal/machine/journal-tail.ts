/** Looking at a journal: its records behind a position, each with a word on whether it is what was written. */

import { type ChainedRecord, chainHash, sameHash } from '../record.js';
import { type Chain, positionOf } from './chain-table.js';
import { type RecordRow, type RecordTable, storedEntryOf } from './record-table.js';

/** verified: proved by the hash before it · unverifiable: that hash is gone · damaged: it is not what was written. */
export type Integrity = 'verified' | 'unverifiable' | 'damaged';

export interface TailOptions {
  readonly afterPosition: number;
  readonly limit: number;
  readonly stream?: string;
}

export interface TailRecord extends ChainedRecord {
  /** Grows over all chains of the file; only good for asking this file for what came after. */
  readonly position: number;
  readonly journalId: string;
  readonly integrity: Integrity;
}

export function readTail(records: RecordTable, chains: readonly Chain[], options: TailOptions): TailRecord[] {
  return records
    .tail(options.afterPosition, options.limit, options.stream)
    .map((row) => tailRecordOf(records, chains, row))
    .filter((record) => record !== undefined);
}

/** Undefined for a row that cannot be decoded; `verify` tells of it. */
function tailRecordOf(records: RecordTable, chains: readonly Chain[], row: RecordRow): TailRecord | undefined {
  const chain = chains.findLast(({ firstPosition }) => firstPosition <= row.position);
  if (chain === undefined || row.position > positionOf(chain, chain.head.seq)) return undefined;
  const { seq, record, hash } = storedEntryOf(row, row.position - chain.firstPosition + 1);
  if (record === undefined || hash === null) return undefined;
  const integrity = integrityOf(records.hashAt(chain, seq - 1), { ...record, seq, hash });
  return { position: row.position, journalId: chain.journalId, ...record, seq, hash, integrity };
}

export function integrityOf(previous: Uint8Array | null, record: ChainedRecord): Integrity {
  if (previous === null) return 'unverifiable';
  return sameHash(chainHash(previous, record.seq, record), record.hash) ? 'verified' : 'damaged';
}
