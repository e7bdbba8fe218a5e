/**
 * Reports of errors into a machine's journal, within a transaction of the caller. A report becomes a record or is counted;
 * both are committed before anybody is answered. A count becomes a record, and begins anew, in one transaction: so at any
 * moment each report is in a record or in a count, never in both and never in neither.
 *
 * What an earlier opening counted is told when the file is opened again: no count outlives the process that could tell it.
 */
import { MeshError, toMeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { Producer, Receipt } from '../machine/producer-table.js';
import { type NewRecord, refusalOf } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { type Outcome, refused, succeeded } from '../sqlite/outcome.js';
import { type Fold, type Occurrence, place, tellDue } from './fold-book.js';
import { summariesOf } from './fold-summary.js';
import { type FoldBody, FoldTable, type Place, type ReportPlace } from './fold-table.js';
import { ReporterTable } from './reporter-table.js';

/** One report as it is stored when it is told, and what is kept of it when it is counted. */
export interface NewReport extends Omit<Occurrence<Uint8Array>, 'agent' | 'epoch'> {
  readonly record: NewRecord;
}

export interface ReportBatch {
  readonly reports: readonly NewReport[];
  /** Who sent it, so that a repeat is counted once. */
  readonly reporter?: Producer;
}

/** Stores records behind those that are there. */
export type AppendRecords = (records: readonly NewRecord[]) => Receipt;

export class ReportIntake {
  readonly #book: FoldTable;
  readonly #reporters: ReporterTable;

  constructor(db: Connection) {
    this.#book = new FoldTable(db);
    this.#reporters = new ReporterTable(db);
  }

  /** When something is due to be told or forgotten. */
  get nextDueMs(): number | undefined {
    return this.#book.nextDueMs();
  }

  /** Tells all that an earlier opening counted. @returns of how many errors that was */
  open(append: AppendRecords): number {
    this.#book.forgetKinds();
    let errorCount = 0;
    for (let isDone = false; !isDone; ) {
      const told = this.tellAll(append);
      errorCount += told.errorCount;
      isDone = told.isDone;
    }
    this.trim();
    return errorCount;
  }

  /** A batch that is refused leaves no trace, and fails alone. */
  take({ reports, reporter }: ReportBatch, nowMs: number, append: AppendRecords): Outcome<ReportPlace[]> {
    const refusal = refusalOfBatch(reports);
    if (refusal !== undefined) return refused(refusal);
    try {
      const answer = reporter === undefined ? undefined : this.#reporters.answerOf(reporter, reports.length);
      if (answer !== undefined) return succeeded(answer);
    } catch (thrown) {
      return refused(toMeshError(thrown));
    }
    const places = this.#store(reports, nowMs, append);
    if (reporter !== undefined && reports.length > 0) this.#reporters.put(reporter, places);
    return succeeded(places);
  }

  /** Tells what is due. Ask again, in another transaction, until it is done. */
  tell(nowMs: number, append: AppendRecords): { toldCount: number; isDone: boolean } {
    const { folds, isDone } = tellDue(this.#book, nowMs, KINDS_AT_ONCE);
    this.#tell(folds, append);
    return { toldCount: folds.length, isDone };
  }

  /** Tells all that was counted, due or not. */
  tellAll(append: AppendRecords): { toldCount: number; errorCount: number; isDone: boolean } {
    const kinds = this.#book.kindsWithFolds(KINDS_AT_ONCE);
    const folds = kinds.flatMap((kind) => this.#book.takeFolds(kind));
    this.#tell(folds, append);
    const errorCount = folds.reduce((sum, { count, body }) => sum + (body.damage === 'their number' ? 0 : count), 0);
    return { toldCount: folds.length, errorCount, isDone: kinds.length < KINDS_AT_ONCE };
  }

  trim(): void {
    this.#reporters.trim(limits.journalProducersKept);
  }

  #tell(folds: readonly Fold<FoldBody>[], append: AppendRecords): void {
    for (const fold of folds) {
      const stored = append(summariesOf(fold));
      this.#book.setPlace(fold.kind, placeIn(stored, stored.hashes.length - 1));
    }
  }

  #store(reports: readonly NewReport[], nowMs: number, append: AppendRecords): ReportPlace[] {
    const told: NewRecord[] = [];
    const placed = reports.map((report) => {
      const { record, body, ...occurrence } = report;
      const { agent, epoch, trace } = record;
      const kept: FoldBody = { bytes: body, trace, damage: '' };
      const { kind, isTold } = place(this.#book, { ...occurrence, agent, epoch, body: kept }, nowMs);
      return { kind, index: isTold ? told.push(record) - 1 : undefined };
    });
    const stored = told.length === 0 ? undefined : append(told);
    for (const { kind, index } of placed)
      if (stored !== undefined && index !== undefined) this.#book.setPlace(kind, placeIn(stored, index));
    return placed.map(({ kind, index }) =>
      stored !== undefined && index !== undefined
        ? { ...placeIn(stored, index), isFolded: false }
        : { ...this.#placeOf(kind), isFolded: true },
    );
  }

  #placeOf(kind: string): Place {
    const found = this.#book.place(kind);
    if (found === undefined) throw new MeshError('INTERNAL', `the kind ${kind} was counted and is not known`);
    return found;
  }
}

/** Bounds one transaction: a kind has a count for each agent that reported it. */
const KINDS_AT_ONCE = 64;

function placeIn({ journalId, firstSeq, hashes }: Receipt, index: number): Place {
  const hash = hashes[index];
  if (hash === undefined) throw new MeshError('INTERNAL', `record ${index} of ${hashes.length} was not stored`);
  return { journalId, seq: firstSeq + index, hash };
}

function refusalOfBatch(reports: readonly NewReport[]): MeshError | undefined {
  if (reports.length > limits.reportBatchMax)
    return new MeshError('TOO_LARGE', `a batch of ${reports.length} reports is larger than ${limits.reportBatchMax}`);
  for (const { record } of reports) {
    const refusal = refusalOf(record);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
