/**
 * How a process comes by the rules for its calls, and hears of new ones. An agent is told: with the answer to its attachment,
 * and by a mark in the answers to its beats, upon which it asks. Any other program asks, and leaves the question open at its
 * node. While the node is away the rules stay as they are; one that does not know the question has none.
 */
import { type Clock, delay, systemClock } from '../../../../common/core/clock.js';
import { toMeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import { NO_POLICIES, type PolicySet } from '../../../../common/protocol/call-policy.js';
import type { RequestClient } from '../../../../common/wire/asking/request-client.js';
import { Policies } from './policies.js';

export class PolicyLink {
  readonly policies = new Policies();
  readonly #ending = new AbortController();
  #isAsking = false;

  constructor(
    private readonly node: Pick<RequestClient, 'request'>,
    private readonly clock: Clock = systemClock,
  ) {}

  /** What holds from now on; nothing where the node says nothing. */
  take(set: PolicySet = NO_POLICIES): void {
    this.policies.replace(set);
  }

  /** The mark of what holds, in the answer to a beat: it is there once that has changed. A question that fails is asked again. */
  hear(revision: string | undefined): void {
    if (revision === undefined || revision === this.policies.revision || this.#isAsking) return;
    this.#isAsking = true;
    this.#ask(0)
      .catch(() => undefined)
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** Asks once. @throws MeshError when there is no answer */
  async fetch(): Promise<void> {
    try {
      await this.#ask(0);
    } catch (error) {
      if (toMeshError(error).code !== 'UNKNOWN_METHOD') throw error;
    }
  }

  /** Asks again and again until closed, each time until there is something new. */
  async follow(): Promise<void> {
    const { signal } = this.#ending;
    const waitMs = limits.longPollMsMax / 3;
    while (!signal.aborted) {
      const askedMs = this.clock.monotonicMs();
      try {
        const isNew = await this.#ask(waitMs);
        // A node without room for one more question answers at once.
        if (isNew || this.clock.monotonicMs() - askedMs > waitMs / 2) continue;
      } catch (error) {
        if (toMeshError(error).code === 'UNKNOWN_METHOD') return;
      }
      await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#ending.abort();
  }

  /** True when there were new ones. */
  async #ask(waitMs: number): Promise<boolean> {
    const { revision: known } = this.policies;
    const { revision, rules } = await this.node.request(
      'node.policies',
      { revision: known, waitMs },
      { signal: this.#ending.signal, timeoutMs: waitMs + limits.requestTimeoutMs },
    );
    if (rules !== undefined) this.policies.replace({ revision, rules });
    return rules !== undefined;
  }
}
