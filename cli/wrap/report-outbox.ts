/**
 * Reports on their way to a mesh that may not be there. The first one opens the connection, which is tried until it stands
 * or until `close`; what waits meanwhile is bounded, and what could not be told is counted. It never throws and never
 * holds up whoever tells.
 */
import { backoffMs } from '../../common/core/backoff.js';
import { delay, within } from '../../common/core/clock.js';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';

/** What of the mesh is used. */
export interface ReportTaker {
  /** Resolves when it is on disk. */
  report(report: ErrorReportInput): Promise<unknown>;
  close(): Promise<void>;
}

export interface Untold {
  readonly count: number;
  /** Of the last one; empty when there is none. */
  readonly why: string;
}

export class ReportOutbox {
  readonly #waiting: ErrorReportInput[] = [];
  readonly #ending = new AbortController();
  #connecting: Promise<ReportTaker | undefined> | undefined;
  #mesh: ReportTaker | undefined;
  #inFlight = 0;
  #untoldCount = 0;
  #why = '';

  /** @param connect rejects when nothing answers */
  constructor(private readonly connect: () => Promise<ReportTaker>) {}

  tell(report: ErrorReportInput): void {
    if (this.#mesh !== undefined) return this.#send(this.#mesh, report);
    if (this.#waiting.length >= limits.wrapReportsWaitingMax) return this.#giveUp('too many of them waited for it');
    this.#waiting.push(report);
    this.#connecting ??= this.#connect();
  }

  /** Waits, within the time of one attempt to connect and one to close, for what is under way. Called once, last. */
  async close(): Promise<Untold> {
    const late = () => new MeshError('TIMED_OUT', this.#why || 'the mesh does not answer');
    try {
      // An attempt that is under way may still succeed; no other is begun.
      this.#ending.abort();
      await within(this.#finish(), limits.cliConnectTimeoutMs + limits.closeTimeoutMs, late);
    } catch (error) {
      this.#why ||= messageOf(error);
      this.#untoldCount += this.#inFlight;
    }
    this.#untoldCount += this.#waiting.length;
    return { count: this.#untoldCount, why: this.#untoldCount === 0 ? '' : this.#why };
  }

  async #finish(): Promise<void> {
    await this.#connecting;
    await this.#mesh?.close();
  }

  async #connect(): Promise<ReportTaker | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        const mesh = await this.connect();
        this.#mesh = mesh;
        for (const report of this.#waiting.splice(0)) this.#send(mesh, report);
        return mesh;
      } catch (error) {
        this.#why = messageOf(error);
      }
      await delay(backoffMs(CONNECT, attempt, Math.random()), this.#ending.signal).catch(() => undefined);
      if (this.#ending.signal.aborted) return undefined;
    }
  }

  #send(mesh: ReportTaker, report: ErrorReportInput): void {
    if (this.#inFlight >= limits.wrapReportsWaitingMax) return this.#giveUp('too many of them waited for it');
    this.#inFlight++;
    mesh
      .report(report)
      .catch((error: unknown) => this.#giveUp(messageOf(error)))
      .finally(() => {
        this.#inFlight--;
      });
  }

  #giveUp(why: string): void {
    this.#untoldCount++;
    this.#why ||= why;
  }
}

const CONNECT = { firstMs: 250, maxMs: 5_000, factor: 2 };
