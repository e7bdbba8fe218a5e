/**
 * A report made ready for the journal: complete, with its bytes and its kind. What tells one kind from another is worked out
 * once for each different report; in a flood it is the same one again and again.
 */
import { foldBytesOf } from '../../../common/journal/folds/fold-summary.js';
import type { NewReport } from '../../../common/journal/folds/report-intake.js';
import { recordOf } from '../../../common/journal/record.js';
import {
  completeReport,
  ERRORS_STREAM,
  type ErrorReport,
  type ErrorReportInput,
} from '../../../common/protocol/errors/error-report.js';
import { fingerprintOf } from '../../../common/protocol/errors/fingerprint.js';
import { encode } from '../../../common/protocol/frames/codec.js';

/** In whose name a report is made, who is charged for it, when, and in which call. */
export interface ReportOrigin {
  readonly agent: string;
  readonly epoch: number;
  readonly account: string;
  readonly tsMs: number;
  readonly trace: string;
}

export class ReportSealer {
  readonly #kinds = new Map<string, string>();
  #keysLength = 0;

  seal(input: ErrorReportInput, { agent, epoch, account, tsMs, trace }: ReportOrigin): NewReport {
    const report = completeReport(input);
    const atMs = wholeMs(tsMs);
    // Copied, because what the encoder gives is a view of a buffer that others share.
    const bytes = new Uint8Array(encode(report));
    return {
      kind: this.#kindOf(report),
      account,
      severity: report.severity,
      count: report.count ?? 1,
      firstMs: wholeMs(report.firstMs ?? tsMs),
      lastMs: wholeMs(report.lastMs ?? tsMs),
      body: foldBytesOf(report, bytes),
      record: { ...recordOf(ERRORS_STREAM, atMs, agent, epoch, bytes), trace },
    };
  }

  /** Without the agent, because a flood of one error from many agents is one flood; by severity, because a critical error is
   *  never one more of many warnings. */
  #kindOf(report: ErrorReport): string {
    const { fingerprint = '', code, component, severity, message, stack = '' } = report;
    const key = [fingerprint, code, component, severity, message, stack].join('\0');
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const kind = `${fingerprintOf(report, '')}/${severity}`;
    if (this.#keysLength + key.length > KEYS_LENGTH_MAX) this.#forget();
    this.#kinds.set(key, kind);
    this.#keysLength += key.length;
    return kind;
  }

  #forget(): void {
    this.#kinds.clear();
    this.#keysLength = 0;
  }
}

/** All texts that are remembered: a few hundred reports with their stacks. */
const KEYS_LENGTH_MAX = 1024 * 1024;

const wholeMs = (ms: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.floor(ms)));
