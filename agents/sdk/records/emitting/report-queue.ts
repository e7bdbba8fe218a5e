/**
 * Reports of one process that wait for their batch. Pure but for the promises. A million of them in a loop take no more room
 * than a few hundred:
 *
 * Q1  One that says what a waiting one says is counted with it, and has the same promise.
 * Q2  When there is no more room for different ones, those from the same place of the program are counted together.
 * Q3  When there is no more room for places, by severity. Every report is in the count of what is sent.
 */
import type { MeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { Input } from '../../../../common/protocol/catalogue.js';
import { completeReport, type ErrorReport } from '../../../../common/protocol/errors/error-report.js';
import { normalisedMessage } from '../../../../common/protocol/errors/normalised-message.js';
import { encode } from '../../../../common/protocol/frames/codec.js';
import type { ReportReceipt } from '../../mesh.js';

export type SealedReport = Input<'error.reports'>['reports'][number];

/** One or more reports that are sent as one. */
export class WaitingReport {
  readonly promise: Promise<ReportReceipt>;
  resolve: (receipt: ReportReceipt) => void = () => undefined;
  reject: (error: MeshError) => void = () => undefined;
  #count = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  constructor(
    private readonly report: ErrorReport,
    private readonly trace: string,
    readonly bytes: number,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  add({ count = 1, firstMs, lastMs }: ErrorReport, nowMs: number): Promise<ReportReceipt> {
    this.#count = Math.min(this.#count + count, limits.errorCountMax);
    this.#firstMs = Math.min(this.#firstMs, firstMs ?? nowMs);
    this.#lastMs = Math.max(this.#lastMs, lastMs ?? nowMs);
    return this.promise;
  }

  get count(): number {
    return this.#count;
  }

  get sealed(): SealedReport {
    const folded = this.#count === 1 ? {} : { count: this.#count, firstMs: this.#firstMs, lastMs: this.#lastMs };
    const report = { ...this.report, ...folded };
    return { report, tsMs: this.#lastMs, ...(this.trace === '' ? {} : { trace: this.trace }) };
  }
}

export class ReportQueue {
  readonly #different = new Map<string, WaitingReport>();
  readonly #places = new Map<string, WaitingReport>();
  readonly #further = new Map<string, WaitingReport>();
  #bytes = 0;

  /** @param trace the id of the call in which it happened, or empty */
  add(report: ErrorReport, trace: string, nowMs: number): Promise<ReportReceipt> {
    return this.#waitingFor(report, trace).add(report, nowMs);
  }

  /** What fits a batch, out of the queue. */
  take(): WaitingReport[] {
    const batch: WaitingReport[] = [];
    let bytes = 0;
    for (const waiting of [this.#different, this.#places, this.#further])
      for (const [key, report] of waiting) {
        bytes += report.bytes;
        if (batch.length >= limits.reportBatchMax || (batch.length > 0 && bytes > limits.recordBatchBytesMax))
          return batch;
        batch.push(report);
        waiting.delete(key);
        this.#bytes -= report.bytes;
      }
    return batch;
  }

  #waitingFor(report: ErrorReport, trace: string): WaitingReport {
    const { code, severity, component, fingerprint = '', release = '', message, stack = '' } = report;
    const kind = `${code}\0${severity}\0${component}\0${fingerprint}\0${release}\0`;
    const text = `${kind}${message}\0${stack}`;
    const same = this.#different.get(text);
    if (same !== undefined) return same;
    if (this.#hasRoom(this.#different)) return this.#put(this.#different, text, report, trace);
    const place = kind + placeOf(message, stack);
    const near = this.#places.get(place);
    if (near !== undefined) return near;
    if (this.#hasRoom(this.#places)) return this.#put(this.#places, place, report, trace);
    return this.#further.get(severity) ?? this.#put(this.#further, severity, furtherReport(report), '');
  }

  #hasRoom(waiting: ReadonlyMap<string, WaitingReport>): boolean {
    const bytesMax = waiting === this.#different ? limits.reportsWaitingBytesMax : 2 * limits.reportsWaitingBytesMax;
    return waiting.size < limits.reportBatchMax && this.#bytes < bytesMax;
  }

  #put(waiting: Map<string, WaitingReport>, key: string, report: ErrorReport, trace: string): WaitingReport {
    const entry = new WaitingReport(report, trace, encode(report).length);
    this.#bytes += entry.bytes;
    waiting.set(key, entry);
    return entry;
  }
}

/** Where in the program: the frames of the stack, which follow the message; else the message without what varies. */
function placeOf(message: string, stack: string): string {
  const frames = stack.indexOf('\n    at ');
  return frames < 0 ? normalisedMessage(message.slice(0, PLACE_LENGTH)) : stack.slice(frames);
}

/** Of a message: this is worked out for each of a million. */
const PLACE_LENGTH = 200;

const furtherReport = ({ code, message, severity }: ErrorReport): ErrorReport =>
  completeReport({
    code: 'ERRORS_FOLDED',
    message: 'errors of further kinds, beyond those that are told apart',
    severity,
    component: 'agent',
    fingerprint: `errors-folded/${severity}`,
    context: { first: { code, message }, next: 'something fails in ever new words: see what this agent does' },
  });
