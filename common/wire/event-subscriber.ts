/**
 * A SUB socket to the event proxies of all machines. libzmq filters by literal prefix, this class by pattern. Every
 * handler learns of events in the order of their publisher; what is missing is counted and told, never silent.
 */
import type { Subscriber } from 'zeromq';
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { decodeFrame, type EventsEnvelope } from '../protocol/envelope.js';
import { assertPattern, prefixOf, topicMatcher } from '../protocol/topic.js';
import { receiveLoop } from './receive-loop.js';
import { SequenceTracker } from './sequence-tracker.js';
import { openSubscriber } from './socket-options.js';

export interface EventInfo {
  readonly topic: string;
  /** `agent@machine#epoch` */
  readonly publisher: string;
  readonly seq: number;
  /** Wall clock of the publisher. */
  readonly tsMs: number;
}

export interface SubscriptionOptions {
  /** `count` events of `publisher` on `topic` never arrived here. */
  readonly onGap?: (count: number, topic: string, publisher: string) => void;
}

export interface Subscription {
  readonly pattern: string;
  close(): void;
}

interface Registered extends Subscription {
  /** False once it is closed: it may still stand in the route of the batch in hand. */
  open: boolean;
  readonly matches: (topic: string) => boolean;
  readonly handler: (body: unknown, event: EventInfo) => unknown;
  readonly onGap: SubscriptionOptions['onGap'];
}

export interface EventSubscriberOptions {
  /** A handler threw or rejected: told, and the others go on. */
  readonly onHandlerError: (error: unknown, topic: string) => void;
}

export class EventSubscriber {
  readonly counters = { received: 0, missed: 0, refusedFrames: 0, handlerErrors: 0 };
  readonly #subscriber: Subscriber;
  readonly #subscriptions = new Set<Registered>();
  /** How many subscriptions want each prefix: the socket hears of the first and of the last. */
  readonly #prefixes = new Map<string, number>();
  /** Which subscriptions a topic goes to: matching is done once per topic, not once per event. */
  readonly #routes = new Map<string, readonly Registered[]>();
  readonly #sequences = new SequenceTracker();
  readonly #endpoints = new Set<string>();

  constructor(private readonly options: EventSubscriberOptions) {
    this.#subscriber = openSubscriber(limits.callFrameBytesMax);
    void receiveLoop(this.#subscriber, (parts) => this.#onMessage(parts));
  }

  /** Listens to one more proxy; the same one twice is once. */
  connect(endpoint: string): void {
    if (this.#endpoints.has(endpoint)) return;
    this.#endpoints.add(endpoint);
    this.#subscriber.connect(endpoint);
  }

  /** @throws INVALID_INPUT for a pattern that is not in the grammar, QUEUE_FULL beyond `limits.subscriptionsMax` */
  subscribe(
    pattern: string,
    handler: (body: unknown, event: EventInfo) => unknown,
    options: SubscriptionOptions = {},
  ): Subscription {
    assertPattern(pattern);
    const prefix = prefixOf(pattern);
    const users = this.#prefixes.get(prefix) ?? 0;
    if (users === 0 && this.#prefixes.size >= limits.subscriptionsMax) {
      throw new MeshError(
        'QUEUE_FULL',
        `${this.#prefixes.size} prefixes are subscribed already; "${pattern}" is one too many`,
        {
          hint: 'subscribe to a wider pattern and tell topics apart in the handler',
        },
      );
    }
    const subscription: Registered = {
      pattern,
      open: true,
      matches: topicMatcher(pattern),
      handler,
      onGap: options.onGap,
      close: () => this.#unsubscribe(subscription, prefix),
    };
    this.#subscriptions.add(subscription);
    this.#routes.clear();
    this.#prefixes.set(prefix, users + 1);
    if (users === 0) this.#subscriber.subscribe(prefix);
    return subscription;
  }

  close(): void {
    if (!this.#subscriber.closed) this.#subscriber.close();
    for (const subscription of this.#subscriptions) subscription.open = false;
    this.#subscriptions.clear();
    this.#routes.clear();
  }

  #unsubscribe(subscription: Registered, prefix: string): void {
    if (!this.#subscriptions.delete(subscription)) return;
    subscription.open = false;
    this.#routes.clear();
    const users = (this.#prefixes.get(prefix) ?? 1) - 1;
    if (users > 0) this.#prefixes.set(prefix, users);
    else {
      this.#prefixes.delete(prefix);
      if (!this.#subscriber.closed) this.#subscriber.unsubscribe(prefix);
    }
    this.#sequences.forget((topic) => this.#routeOf(topic).length === 0);
  }

  #onMessage(parts: Buffer[]): void {
    const [topicPart, frame] = parts;
    if (
      topicPart === undefined ||
      frame === undefined ||
      parts.length !== 2 ||
      topicPart.length > limits.topicLengthMax
    ) {
      this.counters.refusedFrames++;
      return;
    }
    const topic = topicPart.toString('latin1');
    const route = this.#routeOf(topic);
    if (route.length === 0) return;
    try {
      for (const envelope of decodeFrame(frame)) {
        if (envelope.kind === 'events') this.#deliver(topic, envelope, route);
        else this.counters.refusedFrames++;
      }
    } catch {
      this.counters.refusedFrames++;
    }
  }

  #deliver(topic: string, { publisher, firstSeq, tsMs, bodies }: EventsEnvelope, route: readonly Registered[]): void {
    this.counters.received += bodies.length;
    const missed = this.#sequences.gapBefore(publisher, topic, firstSeq, bodies.length);
    if (missed > 0) {
      this.counters.missed += missed;
      for (const subscription of route) this.#tellGap(subscription, missed, topic, publisher);
    }
    for (let i = 0; i < bodies.length; i++) {
      const event: EventInfo = { topic, publisher, seq: firstSeq + i, tsMs };
      for (const subscription of route) if (subscription.open) this.#hand(subscription, bodies[i], event);
    }
  }

  #hand({ handler }: Registered, body: unknown, event: EventInfo): void {
    try {
      const result = handler(body, event);
      if (result instanceof Promise) result.catch((error: unknown) => this.#onHandlerError(error, event.topic));
    } catch (error) {
      this.#onHandlerError(error, event.topic);
    }
  }

  #tellGap({ open, onGap }: Registered, missed: number, topic: string, publisher: string): void {
    try {
      if (open) onGap?.(missed, topic, publisher);
    } catch (error) {
      this.#onHandlerError(error, topic);
    }
  }

  #onHandlerError(error: unknown, topic: string): void {
    this.counters.handlerErrors++;
    this.options.onHandlerError(error, topic);
  }

  #routeOf(topic: string): readonly Registered[] {
    const known = this.#routes.get(topic);
    if (known !== undefined) return known;
    const route = [...this.#subscriptions].filter((subscription) => subscription.matches(topic));
    if (this.#routes.size >= limits.publisherTopicsMax) this.#routes.clear();
    this.#routes.set(topic, route);
    return route;
  }
}
