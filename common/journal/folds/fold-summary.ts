/**
 * A count of errors as records: the first of the reports that were counted, with how many there were and when. Pure. The
 * fingerprint of such a record is that of the reports it stands for, so it is of the same group.
 */
import { limits } from '../../core/limits.js';
import {
  completeReport,
  ERRORS_STREAM,
  type ErrorReport,
  type ErrorReportInput,
} from '../../protocol/errors/error-report.js';
import { decode, encode } from '../../protocol/frames/codec.js';
import { type NewRecord, recordOf } from '../record.js';
import { ANYBODY, type Fold, isFurther, severityOfFurther } from './fold-book.js';
import type { FoldBody } from './fold-table.js';

/** One record, or several where the number is larger than one can stand for. */
export function summariesOf(fold: Fold<FoldBody>): NewRecord[] {
  if (fold.body.damage === 'their number') return [damagedCount(fold)];
  const { agent, epoch, firstMs, lastMs } = fold;
  const report = textOf(fold);
  const records: NewRecord[] = [];
  for (let left = fold.count; left > 0; left -= limits.errorCountMax) {
    const count = Math.min(left, limits.errorCountMax);
    const body = encode({ ...report, count, firstMs, lastMs });
    records.push({ ...recordOf(ERRORS_STREAM, lastMs, agent, epoch, body), trace: fold.body.trace });
  }
  return records;
}

/** What is kept of a report that is counted: bounded, and still of the same fingerprint. */
export function foldBytesOf(report: ErrorReport, bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength <= limits.foldBodyBytesMax || report.context === undefined) return bytes;
  const { context: _, ...rest } = report;
  return encode({ ...rest, context: { leftOut: 'the facts: they are in the reports before this one' } });
}

function textOf({ kind, body }: Fold<FoldBody>): ErrorReport {
  if (body.damage !== '')
    return completeReport({
      code: 'JOURNAL_DAMAGED',
      component: 'journal',
      message: 'errors were counted, and what is kept of the first of them is damaged',
    });
  const first = decode(body.bytes) as ErrorReport;
  return isFurther(kind) ? furtherReport(kind, first) : first;
}

/** Of kinds that had no room to be told apart. */
const furtherReport = (kind: string, { message, code }: ErrorReportInput): ErrorReport =>
  completeReport({
    code: 'ERRORS_FOLDED',
    message: `errors of further kinds, beyond those that are told apart`,
    severity: severityOfFurther(kind),
    component: 'journal',
    fingerprint: `errors-folded/${severityOfFurther(kind)}`,
    context: { first: { code, message }, next: 'something fails in ever new words: see who, and what it says' },
  });

function damagedCount({ kind, agent, count, lastMs }: Fold<FoldBody>): NewRecord {
  const report = completeReport({
    code: 'JOURNAL_DAMAGED',
    severity: 'critical',
    component: 'journal',
    message: `the number of errors that were counted and not told yet is damaged, and is left out`,
    context: { kind: String(kind), agent: String(agent), found: String(count), next: 'check the disk' },
  });
  const tsMs = Number.isSafeInteger(lastMs) && lastMs >= 0 ? lastMs : 0;
  return recordOf(ERRORS_STREAM, tsMs, ANYBODY, 0, encode(report));
}
