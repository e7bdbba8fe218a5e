/** What the merged log is asked and answers, in plain values that cross to its worker thread unchanged. */

import type { Clock } from '../../core/clock.js';
import type { ErrorRule } from '../../protocol/errors/error-rule.js';
import type { GroupRequest } from '../consumers/group-operations.js';
import type { GroupLoss } from '../consumers/group-requests.js';
import type { ErrorGroup, ErrorSource, GroupOf } from '../errors/error-group.js';
import type { ErrorStatus, StandingRequest } from '../errors/error-standing.js';
import type { Batch } from './admission.js';
import type { LogRecord } from './log-reader.js';

export interface LogAppend extends Batch {
  readonly machine: string;
}

export interface LogAppended {
  readonly headSeq: number;
  /** Entries of the batch that were new: its last ones. */
  readonly storedCount: number;
  /** Of the last record that was new; the ids of those before it are the ones before. 0 without any. */
  readonly lastId: number;
  /** The hash before the first new entry was known. */
  readonly isProved: boolean;
}

/** And where the log ends, with what it wrote by itself in the same transaction. */
export interface LogCommitted extends LogAppended {
  readonly headId: number;
}

export interface LogHello {
  readonly journalId: string;
  readonly machine: string;
  /** The chain before this one in its file. */
  readonly parentId?: string | null;
}

export interface LogHeld {
  readonly headSeq: number;
  readonly headHash: Uint8Array | null;
  /** Another chain that came after the same parent: the machine's file was restored from a backup. */
  readonly siblingId?: string;
}

export interface LogStatus {
  readonly headId: number;
  readonly oldestId: number;
  readonly sizeBytes: number;
  readonly holeCount: number;
  readonly errorGroupCount: number;
  readonly journals: readonly { readonly journalId: string; readonly machine: string; readonly headSeq: number }[];
}

export interface LogStoreOptions {
  readonly file: string;
  readonly wallMs: number;
  /** The stream whose records are grouped, and by what. */
  readonly errorStream: string;
  readonly groupOf: GroupOf;
  /** In whose name the log writes its own records. Default: `main`. */
  readonly machine?: string;
  readonly clock?: Clock;
}

/** Which groups of errors, and which of them first: the latest, the newest, the most often, or those that failed most calls. */
export interface ErrorQuery {
  readonly statuses?: readonly ErrorStatus[] | undefined;
  /** So bad or worse. */
  readonly severity?: string | undefined;
  readonly component?: string | undefined;
  readonly machine?: string | undefined;
  readonly agent?: string | undefined;
  /** Heard of since then. */
  readonly sinceMs?: number | undefined;
  readonly order?: 'last' | 'first' | 'count' | 'impact' | undefined;
  readonly limit: number;
  /** By which component and severity are judged and told. */
  readonly rules?: readonly ErrorRule[] | undefined;
}

export interface ShownErrorGroup {
  readonly group: ErrorGroup;
  readonly sources: readonly ErrorSource[];
  /** Newest first. */
  readonly occurrences: readonly LogRecord[];
}

export interface ErrorChange {
  /** The start of the fingerprint. */
  readonly prefix: string;
  readonly request: StandingRequest;
}

export interface LogPruned {
  readonly prunedCount: number;
  readonly isDone: boolean;
  /** Consumer groups that had not settled some of it. */
  readonly losses: readonly GroupLoss[];
}

/** A request that shares its transaction with others. */
export type LogWrite = { readonly name: 'append'; readonly args: LogAppend } | GroupRequest;
