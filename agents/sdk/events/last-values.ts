/**
 * The last values that a subscription begins with: asked of one broker at once, again when its subscription has surely reached
 * every publisher, and whenever the broker comes back. What it was given already, and what came live, is left out by number,
 * so asking more often than needed costs a question and never shows twice.
 */
import { delay } from '../../../common/core/clock.js';
import { toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { decode } from '../../../common/protocol/frames/codec.js';
import type { RequestClient } from '../../../common/wire/asking/request-client.js';
import type { EventSubscription } from '../../../common/wire/events/event-subscription.js';

export class LastValues {
  readonly #closing = new AbortController();
  /** What the broker's answers reach to. */
  #mark: { readonly epoch: number; readonly after: number } | undefined;
  #asking = false;
  #again = false;

  constructor(
    private readonly broker: Pick<RequestClient, 'request'>,
    private readonly subscription: EventSubscription,
  ) {}

  get over(): boolean {
    return !this.subscription.open || this.#closing.signal.aborted;
  }

  /** Asks, or asks once more when it is asking. */
  ask(): void {
    this.#again = true;
    if (!this.#asking) void this.#askAll();
  }

  close(): void {
    this.#closing.abort();
  }

  async #askAll(): Promise<void> {
    this.#asking = true;
    while (this.#again && !this.over) {
      this.#again = false;
      try {
        await this.#page();
        await this.#wait(limits.lastValueSettleMs);
        await this.#page();
      } catch (error) {
        // A broker of an earlier version keeps none; any other one is asked until it answers.
        if (toMeshError(error).code === 'UNKNOWN_METHOD') break;
        this.#again = true;
        await this.#wait(limits.heartbeatIntervalMs);
      }
    }
    this.#asking = false;
  }

  /** Page by page, in the order in which they changed. */
  async #page(): Promise<void> {
    const { pattern } = this.subscription;
    for (let more = true; more && !this.over; ) {
      const answer = await this.broker.request('events.last', { pattern, ...this.#mark });
      for (const [topic, publisher, seq, tsMs, bytes] of answer.values) {
        if (this.over) return;
        await this.subscription.offerKept({ topic, publisher, seq, tsMs }, decode(bytes), bytes.length);
      }
      this.#mark = { epoch: answer.epoch, after: answer.revision };
      more = answer.more;
    }
  }

  #wait(ms: number): Promise<void> {
    return delay(ms, this.#closing.signal).catch(() => undefined);
  }
}
