/** Reports as a node makes them for its journal, and what a reader of the log makes of the records. */

import type { ReportPlace } from '../../../common/journal/folds/fold-table.js';
import type { NewReport, ReportBatch } from '../../../common/journal/folds/report-intake.js';
import type { JournalStore } from '../../../common/journal/machine/journal-store.js';
import { type NewRecord, recordOf } from '../../../common/journal/record.js';
import { completeReport, ERRORS_STREAM, type ErrorReport } from '../../../common/protocol/errors/error-report.js';
import { groupOf } from '../../../common/protocol/errors/fingerprint.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import { answerOf } from '../world.js';

export function reportOf(kind: string, { agent = 'echo', count = 1, atMs = 5_000 } = {}): NewReport {
  const report = completeReport({ message: `${kind} failed`, fingerprint: kind, ...(count === 1 ? {} : { count }) });
  const record = recordOf(ERRORS_STREAM, atMs, agent, 7, encode(report));
  const { body } = record;
  return { kind, account: agent, severity: report.severity, count, firstMs: atMs, lastMs: atMs, body, record };
}

export const report = (store: JournalStore, batch: ReportBatch, nowMs: number): ReportPlace[] =>
  answerOf(store.report({ batches: [batch], nowMs }).outcomes[0]);

export function tellAll(store: JournalStore, nowMs?: number): void {
  while (!store.tell(nowMs === undefined ? {} : { nowMs }).isDone);
}

export const bodyOf = ({ body }: Pick<NewRecord, 'body'>): ErrorReport => decode(body) as ErrorReport;

/** How many errors of each group some records stand for. */
export function countsOf(records: readonly Pick<NewRecord, 'body' | 'agent'>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { body, agent } of records) {
    const group = groupOf(body, agent);
    const key = group?.report.fingerprint ?? group?.fingerprint ?? 'unreadable';
    counts.set(key, (counts.get(key) ?? 0) + (group?.report.count ?? 1));
  }
  return counts;
}

export const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
