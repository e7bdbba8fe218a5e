/**
 * One subscription at work: it hears of events in the order of their publisher, each at most once; what is missing is told to
 * `onGap` before the next event. Without a policy it calls its handler as events come, and one that returns a promise may be
 * called again before that has settled; with one a HandlerChain stands between.
 *
 * A handler that throws or rejects is told of and counted, and the next event is handed to it all the same.
 */
import { systemClock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { EventsEnvelope } from '../../protocol/frames/envelope.js';
import { assertPattern, topicMatcher } from '../../protocol/topic.js';
import type { QueuedEvent } from './event-queue.js';
import { HandlerChain } from './handler-chain.js';
import { LastValueSeam } from './last-value-seam.js';
import type {
  EventHandler,
  EventInfo,
  GapCause,
  Subscription,
  SubscriptionFigures,
  SubscriptionOptions,
} from './subscription.js';

export interface SubscriptionOwner {
  readonly onHandlerError: (error: unknown, topic: string) => void;
  readonly onClose: (subscription: EventSubscription) => void;
}

export class EventSubscription implements Subscription {
  /** False once it is closed: it may still stand in the route of the batch in hand. */
  open = true;
  readonly matches: (topic: string) => boolean;
  readonly #chain: HandlerChain | undefined;
  readonly #seam: LastValueSeam | undefined;
  #handledCount = 0;
  #missedCount = 0;
  #failedCount = 0;
  #handlerMs = 0;

  /** @throws INVALID_INPUT for a pattern that is not in the grammar, or for a queue that cannot be */
  constructor(
    readonly pattern: string,
    private readonly handler: EventHandler,
    private readonly options: SubscriptionOptions,
    private readonly owner: SubscriptionOwner,
  ) {
    assertPattern(pattern);
    this.matches = topicMatcher(pattern);
    this.#chain = this.#chainOf(options);
    this.#seam = options.last === true ? new LastValueSeam() : undefined;
  }

  get figures(): SubscriptionFigures {
    const chain = this.#chain;
    return {
      pattern: this.pattern,
      overflow: chain?.overflow ?? 'none',
      queueMax: chain?.queueMax ?? 0,
      queued: chain?.count ?? 0,
      waitMs: chain?.waitMs ?? 0,
      handled: this.#handledCount,
      missed: this.#missedCount,
      dropped: this.droppedCount,
      failed: this.#failedCount,
      handlerMs: Math.round(chain?.handlerMs ?? this.#handlerMs),
    };
  }

  get droppedCount(): number {
    return this.#chain?.droppedCount ?? 0;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.#chain?.close();
    this.owner.onClose(this);
  }

  /**
   * Consecutive events of one publisher on one topic, as they came.
   * @param place where they stand among all that this process heard, as `SequenceTracker.place` says.
   * @param bytesEach of one event, about.
   * @returns a promise when it has no room: until that resolves nothing more is to be offered.
   */
  offer(topic: string, batch: EventsEnvelope, place: number, bytesEach: number): Promise<void> | undefined {
    const { publisher, firstSeq, tsMs, bodies } = batch;
    const own = this.#seam?.live(publisher, topic, firstSeq, bodies.length, tsMs) ?? place;
    const from = Math.max(0, -own, -place);
    if (this.#chain !== undefined) return this.#enqueue(this.#chain, topic, batch, from, Math.max(0, own), bytesEach);
    if (own > 0) this.#tellGap(own, topic, publisher, 'lost');
    const startMs = systemClock.monotonicMs();
    let at = from;
    for (; at < bodies.length && this.open; at++)
      this.#call(bodies[at], { topic, publisher, seq: firstSeq + at, tsMs });
    this.#handledCount += at - from;
    this.#handlerMs += systemClock.monotonicMs() - startMs;
    return undefined;
  }

  /** The last value of a topic as its broker kept it; left out when it, or what follows it, was heard. As `offer`. */
  offerKept(event: EventInfo, body: unknown, bytes: number): Promise<void> | undefined {
    const { topic, publisher, seq, tsMs } = event;
    const missed = this.open ? this.#seam?.kept(publisher, topic, seq, tsMs) : undefined;
    if (missed === undefined) return undefined;
    const kept: EventInfo = { ...event, kept: true };
    if (this.#chain !== undefined) return this.#chain.take(entryOf(kept, body, missed, bytes));
    if (missed > 0) this.#tellGap(missed, topic, publisher, 'lost');
    this.#handledCount++;
    this.#call(body, kept);
    return undefined;
  }

  /** One by one; where one finds no room, the rest waits with it. */
  #enqueue(
    chain: HandlerChain,
    topic: string,
    batch: EventsEnvelope,
    from: number,
    missed: number,
    bytesEach: number,
  ): Promise<void> | undefined {
    const { publisher, firstSeq, tsMs, bodies } = batch;
    for (let at = from; at < bodies.length && this.open; at++) {
      const event = { topic, publisher, seq: firstSeq + at, tsMs };
      const room = chain.take(entryOf(event, bodies[at], at === from ? missed : 0, bytesEach));
      if (room !== undefined) return room.then(() => this.#enqueue(chain, topic, batch, at + 1, 0, bytesEach));
    }
    return undefined;
  }

  async #handle({ body, event, missed }: QueuedEvent): Promise<void> {
    if (missed > 0) this.#tellGap(missed, event.topic, event.publisher, 'lost');
    if (!this.open) return;
    this.#handledCount++;
    try {
      await this.handler(body, event);
    } catch (error) {
      this.#onError(error, event.topic);
    }
  }

  #call(body: unknown, event: EventInfo): void {
    try {
      const result = this.handler(body, event);
      if (result instanceof Promise) result.catch((error: unknown) => this.#onError(error, event.topic));
    } catch (error) {
      this.#onError(error, event.topic);
    }
  }

  #tellGap(count: number, topic: string, publisher: string, cause: GapCause): void {
    if (!this.open) return;
    if (cause === 'lost') this.#missedCount += count;
    try {
      this.options.onGap?.(count, topic, publisher, cause);
    } catch (error) {
      this.#onError(error, topic);
    }
  }

  #onError(error: unknown, topic: string): void {
    this.#failedCount++;
    this.owner.onHandlerError(error, topic);
  }

  #chainOf({ overflow, queueMax }: SubscriptionOptions): HandlerChain | undefined {
    if (overflow === undefined && queueMax === undefined) return undefined;
    return new HandlerChain(overflow ?? 'drop-oldest', assertQueueMax(this.pattern, queueMax), {
      handle: (entry) => this.#handle(entry),
      onDropped: (count, topic, publisher) => this.#tellGap(count, topic, publisher, 'dropped'),
      onMissed: (count, topic, publisher) => this.#tellGap(count, topic, publisher, 'lost'),
    });
  }
}

const entryOf = (event: EventInfo, body: unknown, missed: number, bytes: number): QueuedEvent => ({
  event,
  body,
  missed,
  bytes,
  arrivedMs: systemClock.monotonicMs(),
});

function assertQueueMax(pattern: string, queueMax: number = limits.subscriptionQueueDefault): number {
  if (Number.isSafeInteger(queueMax) && queueMax >= 1 && queueMax <= limits.subscriptionQueueMax) return queueMax;
  throw new MeshError('INVALID_INPUT', `the subscription to "${pattern}" cannot have a queue for ${queueMax} events`, {
    hint: `queueMax is a whole number from 1 to ${limits.subscriptionQueueMax}`,
  });
}
