/**
 * What main's broker has to do with the node of its machine: it learns from it what holds for streams and errors, and tells it what is
 * to be on the error bus. While the node is away the rules stay as they are; what could not be told is in the broker's log.
 */
import { delay, systemClock } from '../common/core/clock.js';
import { toMeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import type { AgentLog } from '../common/log/log.js';
import type { ErrorReportInput } from '../common/protocol/errors/error-report.js';
import { type ErrorRuleSet, NO_ERROR_RULES } from '../common/protocol/errors/error-rule.js';
import { NO_STREAM_RULES, type StreamRuleSet } from '../common/protocol/stream-rule.js';
import { RequestClient } from '../common/wire/asking/request-client.js';
import { BROKER_NAME } from './process-methods.js';

export class NodeLink {
  readonly #client: RequestClient;
  readonly #ending = new AbortController();
  #streams: StreamRuleSet = NO_STREAM_RULES;
  #errors: ErrorRuleSet = NO_ERROR_RULES;

  constructor(
    endpoint: string,
    private readonly log: AgentLog,
    private readonly onStreams: () => void,
  ) {
    this.#client = new RequestClient({
      endpoint,
      name: BROKER_NAME,
      peer: 'the node',
      frameBytesMax: limits.controlFrameBytesMax,
    });
  }

  /** The rules of streams as the node last said them. */
  get streams(): StreamRuleSet {
    return this.#streams;
  }

  /** The rules of errors as the node last said them. */
  get errors(): ErrorRuleSet {
    return this.#errors;
  }

  start(): void {
    void this.#follow((options) => this.#askStreams(options));
    void this.#follow((options) => this.#askErrors(options));
  }

  /** Tells something on the error bus; never awaited. It is said once, so it is repeated for a node that is just away. */
  report(report: ErrorReportInput): void {
    void this.#report(report);
  }

  async #report(report: ErrorReportInput): Promise<void> {
    const { signal } = this.#ending;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#client.request('error.report', { agent: BROKER_NAME, report }, { signal });
        return;
      } catch (error) {
        const { code, retryable } = toMeshError(error);
        const isAway = retryable || code === 'TIMED_OUT' || code === 'CONNECTION_LOST';
        if (signal.aborted || !isAway || attempt === REPORT_ATTEMPTS)
          return this.log.error({ err: error, report }, 'the node could not be told');
        await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
      }
    }
  }

  /** Idempotent. */
  close(): void {
    this.#ending.abort();
    this.#client.close();
  }

  /** @param ask leaves a question open; true when there was something new */
  async #follow(ask: (options: Asking) => Promise<boolean>): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const askedMs = systemClock.monotonicMs();
      try {
        const isNew = await ask({ signal, timeoutMs: WAIT_MS + limits.requestTimeoutMs });
        // A node without room for one more question answers at once.
        if (isNew || systemClock.monotonicMs() - askedMs > WAIT_MS / 2) continue;
      } catch (error) {
        // A node of an earlier release has no rules.
        if (toMeshError(error).code === 'UNKNOWN_METHOD') return;
      }
      await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
    }
  }

  async #askStreams(options: Asking): Promise<boolean> {
    const asked = { revision: this.#streams.revision, waitMs: WAIT_MS };
    const { revision, rules } = await this.#client.request('node.streams', asked, options);
    if (rules === undefined) return false;
    this.#streams = { revision, rules };
    this.onStreams();
    return true;
  }

  async #askErrors(options: Asking): Promise<boolean> {
    const asked = { revision: this.#errors.revision, waitMs: WAIT_MS };
    const { revision, rules } = await this.#client.request('node.errors', asked, options);
    if (rules === undefined) return false;
    this.#errors = { revision, rules };
    return true;
  }
}

interface Asking {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const WAIT_MS = limits.longPollMsMax / 3;
/** About five minutes: a node that is killed is back long before that. */
const REPORT_ATTEMPTS = 300;
