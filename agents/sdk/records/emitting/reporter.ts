/**
 * Errors of one process on their way to its node.
 *
 * R1  One batch is in flight, repeated until the node answers, which knows it by (agent, epoch, firstSeq): so a killed node or
 *     a lost answer neither loses nor doubles a report.
 * R2  What is reported meanwhile is coalesced (report-queue.ts): memory is bounded, and nobody is refused.
 * R3  A report is resolved only by the node's answer, after fsync: each caller's, also that of one that was counted.
 */
import type { Clock } from '../../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../../common/core/errors.js';
import { completeReport, type ErrorReport, reportOf } from '../../../../common/protocol/errors/error-report.js';
import type { RequestClient } from '../../../../common/wire/asking/request-client.js';
import type { ReportReceipt } from '../../mesh.js';
import { ReportQueue, type WaitingReport } from './report-queue.js';
import { untilAnswered } from './until-answered.js';

export class Reporter {
  readonly counters = { reported: 0, reportBatches: 0, reportRepeats: 0 };
  readonly #queue = new ReportQueue();
  readonly #ending = new AbortController();
  #nextSeq = 1;
  #running: Promise<void> | undefined;

  constructor(
    private readonly node: RequestClient,
    private readonly identity: { readonly agent: string; readonly epoch: number },
    private readonly clock: Clock,
    /** Of the program: what a report does not say itself. */
    private readonly release?: string,
  ) {}

  /** @param error a thrown value, or a report. Rejects with DENIED, CLOSED */
  report(error: unknown, rest: Partial<ErrorReport>, trace: string): Promise<ReportReceipt> {
    if (this.#ending.signal.aborted)
      return Promise.reject(new MeshError('CLOSED', 'the agent is ending and takes no more reports'));
    const ofRelease = this.release === undefined ? {} : { release: this.release };
    const report = isReport(error)
      ? completeReport({ ...ofRelease, ...error, ...rest })
      : reportOf(error, { ...ofRelease, ...rest });
    const promise = this.#queue.add(report, trace, this.clock.wallMs());
    this.#running ??= this.#run();
    // The promise itself, of which many callers share one: another one for each of a million would fill the memory.
    return promise;
  }

  /** Waits up to `ms` for what was reported to be stored; what is not is rejected with CLOSED. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#ending.abort(), ms);
    await this.#running;
    clearTimeout(timer);
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    // What is reported in the same turn belongs into the same batch.
    await new Promise(setImmediate);
    for (let batch = this.#queue.take(); batch.length > 0; batch = this.#queue.take()) await this.#send(batch);
    // In the same turn as the look that found nothing: what is reported from here on starts the next run.
    this.#running = undefined;
  }

  async #send(batch: readonly WaitingReport[]): Promise<void> {
    const body = { ...this.identity, firstSeq: this.#nextSeq, reports: batch.map(({ sealed }) => sealed) };
    const asking = {
      signal: this.#ending.signal,
      otherwise: 'the report may or may not be stored',
      onRepeat: () => void this.counters.reportRepeats++,
    };
    try {
      const { places } = await untilAnswered((signal) => this.node.request('error.reports', body, { signal }), asking);
      batch.forEach((report, index) => {
        const place = places[index];
        if (place === undefined) report.reject(new MeshError('INTERNAL', 'the node did not say where a report is'));
        else report.resolve({ ...place, hash: Uint8Array.from(place.hash) });
        this.counters.reported += report.count;
      });
      this.counters.reportBatches++;
    } catch (error) {
      for (const report of batch) report.reject(toMeshError(error));
    }
    this.#nextSeq += batch.length;
  }
}

/** A report is told from a thrown value by its message: an Error has one too, but is an Error. */
function isReport(value: unknown): value is { message: string } {
  return (
    !(value instanceof Error) &&
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
