/**
 * Main's log as a consumer asks it: a broker that is away is asked again until it is back, and a refusal that a repeat would
 * meet again is thrown. A log whose file is damaged is waited for too, and told: somebody will put another one in its place,
 * and would not think of starting every consumer again.
 */
import { backoffMs } from '../../../../common/core/backoff.js';
import { delay } from '../../../../common/core/clock.js';
import { toMeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { Input, LogRecordBody, MethodName, Output } from '../../../../common/protocol/catalogue.js';
import type { RequestClient } from '../../../../common/wire/asking/request-client.js';

/** What consumers need of the client that they belong to. */
export interface RecordSource {
  /** Connected when it is first asked for. */
  log(): Pick<RequestClient, 'request'>;
  body(record: LogRecordBody): Promise<unknown>;
  /** A handler threw, a record became a dead letter, or a consumer was refused. */
  onProblem(error: unknown, stream: string): void;
}

type LogMethod = Extract<MethodName, `log.${string}` | `group.${string}`>;

export class LogLink {
  readonly #ending = new AbortController();
  #saidMs = 0;
  #isDamageTold = false;

  constructor(
    private readonly stream: string,
    private readonly source: RecordSource,
    private readonly nowMs: () => number,
  ) {}

  get over(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Since the log heard of this consumer. */
  get silentMs(): number {
    return this.nowMs() - this.#saidMs;
  }

  /** What is asked from now on is not asked, and what is out is given up. */
  end(): void {
    this.#ending.abort();
  }

  /** Once. @throws what the log answers, or why it did not */
  ask<M extends LogMethod>(method: M, body: Input<M>, waitMs = 0, signal?: AbortSignal): Promise<Output<M>> {
    this.#saidMs = this.nowMs();
    const timeoutMs = waitMs + limits.requestTimeoutMs;
    return this.source.log().request(method, body, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
  }

  /**
   * Until it is answered or refused; undefined when this ended before. @throws a refusal
   * @param again what is asked, without waiting, where the log was away meanwhile: another one may have come
   */
  async insist<M extends LogMethod>(
    method: M,
    body: Input<M>,
    waitMs = 0,
    again: Input<M> = body,
  ): Promise<Output<M> | undefined> {
    const { signal } = this.#ending;
    for (let attempt = 1; !this.over; attempt++) {
      try {
        return await (attempt === 1 ? this.ask(method, body, waitMs, signal) : this.ask(method, again, 0, signal));
      } catch (error) {
        if (this.over) return undefined;
        if (!this.isAway(error)) throw error;
        await this.pause(attempt);
      }
    }
    return undefined;
  }

  /** It did not run, or nobody knows, or it may run another time: what consumers ask may be asked twice. */
  isAway(error: unknown): boolean {
    const { code, retryable } = toMeshError(error);
    if (code === 'JOURNAL_DAMAGED' && !this.#isDamageTold) {
      this.#isDamageTold = true;
      this.source.onProblem(error, this.stream);
    }
    if (code === 'NOT_ATTACHED') return false;
    return retryable || code === 'TIMED_OUT' || code === 'CONNECTION_LOST' || code === 'JOURNAL_DAMAGED';
  }

  /** Before the next attempt. */
  async pause(attempt: number): Promise<void> {
    await delay(backoffMs(AGAIN, attempt, Math.random()), this.#ending.signal).catch(() => undefined);
  }
}

const AGAIN = { firstMs: 50, maxMs: limits.heartbeatIntervalMs, factor: 2 };
