/** What a journal is asked and answers, in plain values that cross to its worker thread unchanged. */

import type { ReportPlace } from '../folds/fold-table.js';
import type { ReportBatch } from '../folds/report-intake.js';
import type { PackedRecords } from '../packed-records.js';
import type { ChainPoint, NewRecord } from '../record.js';
import type { Quarantined } from '../sqlite/database.js';
import type { Outcome } from '../sqlite/outcome.js';
import type { Damage } from './chain-run.js';
import type { Chain, ChainStatus, ChainTable } from './chain-table.js';
import type { Checkpoint } from './checkpoint-table.js';
import type { DedupeKeys } from './dedupe-table.js';
import type { Producer, Receipt } from './producer-table.js';
import type { RunBounds } from './record-table.js';

export interface AppendBatch {
  readonly records: readonly NewRecord[];
  /** Who sent it, so that a repeat is answered with the receipts of the first time. */
  readonly producer?: Producer;
  /** Only where a record has such a key. */
  readonly dedupe?: DedupeKeys;
  /** Stored in the same transaction as the records. */
  readonly checkpoint?: Checkpoint;
  /** What the mesh has to say of itself: written also when the disk is full, into what is kept for that. */
  readonly isEssential?: true;
  /** Its sender may not store it now: it is answered where it is stored already, and else refused with NOT_FOUND. */
  readonly isOnlyRepeat?: true;
}

/** A batch as it crosses to the thread of the store. */
export interface PackedBatch extends Omit<AppendBatch, 'records'> {
  readonly records: PackedRecords;
}

/** And its answer. */
export interface PackedAppended extends Omit<Appended, 'hashes'> {
  readonly hashes: Uint8Array;
}

export interface Appended extends Receipt {
  readonly isRepeat: boolean;
  /** Records the emitter numbered before this batch that this journal does not hold: they were lost with its tail. */
  readonly missingCount: number;
}

export interface ReportArgs {
  readonly batches: readonly ReportBatch[];
  /** Monotonic. */
  readonly nowMs: number;
}

export interface Reported {
  /** Of each batch, in order. */
  readonly outcomes: readonly Outcome<ReportPlace[]>[];
  /** When counts are due to be told; undefined when there is nothing to look at. */
  readonly nextDueMs: number | undefined;
}

export interface Told {
  readonly toldCount: number;
  /** False when there is more: ask again. */
  readonly isDone: boolean;
  readonly nextDueMs: number | undefined;
}

export interface ReadUnackedOptions extends RunBounds {
  /** Where the last run that was sent ended; without it, where the acknowledged ones end. */
  readonly after?: ChainPoint & { readonly journalId: string };
}

export interface ChainState {
  readonly journalId: string;
  readonly parentId: string | null;
  readonly status: ChainStatus;
  readonly baseSeq: number;
  readonly ackedSeq: number;
  readonly headSeq: number;
  readonly openedMs: number;
}

export interface JournalStatus {
  readonly journalId: string;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly ackedSeq: number;
  /** Records of all chains that the log has not acknowledged. */
  readonly pendingCount: number;
  readonly sizeBytes: number;
  readonly chains: readonly ChainState[];
}

export type JournalFinding = Quarantined | ({ readonly kind: 'damaged' } & Damage);

export function statusOf({ all, current }: ChainTable, epoch: number, sizeBytes: number): JournalStatus {
  const { journalId, head, acked } = current;
  return {
    journalId,
    epoch,
    lastSeq: head.seq,
    ackedSeq: acked.seq,
    pendingCount: all.reduce((sum, chain) => sum + chain.head.seq - chain.acked.seq, 0),
    sizeBytes,
    chains: all.map(stateOf),
  };
}

const stateOf = ({ journalId, parentId, status, base, acked, head, openedMs }: Chain): ChainState => ({
  journalId,
  parentId,
  status,
  baseSeq: base.seq,
  ackedSeq: acked.seq,
  headSeq: head.seq,
  openedMs,
});
