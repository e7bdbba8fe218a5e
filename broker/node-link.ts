/**
 * What main's broker has to do with the node of its machine: it learns from it what holds for streams, and tells it what is
 * to be on the error bus. While the node is away the rules stay as they are; what could not be told is in the broker's log.
 */
import { delay } from '../common/core/clock.js';
import { toMeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import type { AgentLog } from '../common/log/log.js';
import type { ErrorReportInput } from '../common/protocol/error-report.js';
import { NO_STREAM_RULES, type StreamRuleSet } from '../common/protocol/stream-rule.js';
import { RequestClient } from '../common/wire/request-client.js';
import { BROKER_NAME } from './process-methods.js';

export class NodeLink {
  readonly #client: RequestClient;
  readonly #ending = new AbortController();
  #streams: StreamRuleSet = NO_STREAM_RULES;

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

  start(): void {
    void this.#follow();
  }

  /** Tells something on the error bus; never awaited. */
  report(report: ErrorReportInput): void {
    const told = this.#client.request('error.report', { agent: BROKER_NAME, report });
    told.catch((error: unknown) => this.log.error({ err: error, report }, 'the node could not be told'));
  }

  /** Idempotent. */
  close(): void {
    this.#ending.abort();
    this.#client.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const askedMs = performance.now();
      try {
        const isNew = await this.#ask(signal);
        // A node without room for one more question answers at once.
        if (isNew || performance.now() - askedMs > WAIT_MS / 2) continue;
      } catch (error) {
        // A node of an earlier release has no rules.
        if (toMeshError(error).code === 'UNKNOWN_METHOD') return;
      }
      await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
    }
  }

  /** True when there were new ones. */
  async #ask(signal: AbortSignal): Promise<boolean> {
    const asked = { revision: this.#streams.revision, waitMs: WAIT_MS };
    const options = { signal, timeoutMs: WAIT_MS + limits.requestTimeoutMs };
    const { revision, rules } = await this.#client.request('node.streams', asked, options);
    if (rules === undefined) return false;
    this.#streams = { revision, rules };
    this.onStreams();
    return true;
  }
}

const WAIT_MS = limits.longPollMsMax / 3;
