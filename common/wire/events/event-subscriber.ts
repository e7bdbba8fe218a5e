/**
 * All that a process subscribes to. Its subscriptions share one socket; one that blocks has a socket of its own, so that it
 * holds up its own events and nobody else's.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { EventIntake } from './event-intake.js';
import { EventSubscription } from './event-subscription.js';
import type { EventHandler, SubscriptionFigures, SubscriptionOptions } from './subscription.js';

export interface EventSubscriberOptions {
  /** A handler threw or rejected: told, and the others go on. */
  readonly onHandlerError: (error: unknown, topic: string) => void;
}

export class EventSubscriber {
  readonly #endpoints = new Set<string>();
  readonly #shared = new EventIntake([]);
  readonly #blocking = new Map<EventSubscription, EventIntake>();
  /** What those said that are closed: counters only grow. */
  readonly #past = { received: 0, missed: 0, repeated: 0, refusedFrames: 0, dropped: 0 };
  #handlerErrors = 0;

  constructor(private readonly options: EventSubscriberOptions) {}

  /** Listens to one more proxy; the same one twice is once. */
  connect(endpoint: string): void {
    if (this.#endpoints.has(endpoint)) return;
    this.#endpoints.add(endpoint);
    for (const intake of this.#intakes) intake.connect(endpoint);
  }

  /**
   * @throws INVALID_INPUT for a pattern that is not in the grammar, or options that contradict it
   * @throws QUEUE_FULL beyond `limits.subscriptionsMax` and `limits.blockingSubscriptionsMax`
   */
  subscribe(pattern: string, handler: EventHandler, options: SubscriptionOptions = {}): EventSubscription {
    const subscription = new EventSubscription(pattern, handler, options, {
      onHandlerError: (error, topic) => this.#onHandlerError(error, topic),
      onClose: (closed) => this.#remove(closed),
    });
    if (options.overflow === 'block') this.#addBlocking(subscription);
    else this.#shared.add(subscription);
    return subscription;
  }

  close(): void {
    for (const intake of [...this.#intakes]) intake.close();
  }

  get counters() {
    const sum = { ...this.#past, handlerErrors: this.#handlerErrors };
    for (const { counters } of this.#intakes) {
      sum.received += counters.received;
      sum.missed += counters.missed;
      sum.repeated += counters.repeated;
      sum.refusedFrames += counters.refusedFrames;
    }
    for (const { droppedCount } of this.#subscriptions) sum.dropped += droppedCount;
    return sum;
  }

  /** Of each subscription. */
  get figures(): SubscriptionFigures[] {
    return [...this.#subscriptions].map(({ figures }) => figures);
  }

  get #intakes(): Iterable<EventIntake> {
    return [this.#shared, ...this.#blocking.values()];
  }

  get #subscriptions(): Iterable<EventSubscription> {
    return [...this.#shared.subscriptions, ...this.#blocking.keys()];
  }

  #addBlocking(subscription: EventSubscription): void {
    if (this.#blocking.size >= limits.blockingSubscriptionsMax) {
      throw new MeshError(
        'QUEUE_FULL',
        `${this.#blocking.size} subscriptions block already; "${subscription.pattern}" is one too many`,
        { hint: 'subscribe to a wider pattern, or let one with a queue drop what is old' },
      );
    }
    const intake = new EventIntake(this.#endpoints, limits.blockingHighWaterMark);
    this.#blocking.set(subscription, intake);
    intake.add(subscription);
  }

  #remove(subscription: EventSubscription): void {
    this.#past.dropped += subscription.droppedCount;
    const own = this.#blocking.get(subscription);
    if (own === undefined) return this.#shared.remove(subscription);
    this.#blocking.delete(subscription);
    const { received, missed, repeated, refusedFrames } = own.counters;
    this.#past.received += received;
    this.#past.missed += missed;
    this.#past.repeated += repeated;
    this.#past.refusedFrames += refusedFrames;
    own.close();
  }

  #onHandlerError(error: unknown, topic: string): void {
    this.#handlerErrors++;
    this.options.onHandlerError(error, topic);
  }
}
