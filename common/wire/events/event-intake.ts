/**
 * One SUB socket to the event proxies of all machines, and who gets what comes out of it. libzmq filters by literal prefix,
 * this class by pattern. What is missing is counted and told, what comes again is left out and counted, never silent.
 */
import type { Subscriber } from 'zeromq';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { decodeFrame, type EventsEnvelope } from '../../protocol/frames/envelope.js';
import { prefixOf } from '../../protocol/topic.js';
import { receiveLoop } from '../receive-loop.js';
import { openSubscriber } from '../socket-options.js';
import type { EventSubscription } from './event-subscription.js';
import { SequenceTracker } from './sequence-tracker.js';

export class EventIntake {
  readonly counters = { received: 0, missed: 0, repeated: 0, refusedFrames: 0 };
  readonly subscriptions = new Set<EventSubscription>();
  readonly #socket: Subscriber;
  /** How many subscriptions want each prefix: the socket hears of the first and of the last. */
  readonly #prefixes = new Map<string, number>();
  /** Which subscriptions a topic goes to: matching is done once per topic, not once per event. */
  readonly #routes = new Map<string, readonly EventSubscription[]>();
  readonly #sequences = new SequenceTracker();

  /** @param highWaterMark frames that may wait to be read. */
  constructor(endpoints: Iterable<string>, highWaterMark: number = limits.socketHighWaterMark) {
    this.#socket = openSubscriber(limits.callFrameBytesMax, highWaterMark);
    for (const endpoint of endpoints) this.#socket.connect(endpoint);
    void receiveLoop(this.#socket, (parts) => this.#onMessage(parts));
  }

  connect(endpoint: string): void {
    this.#socket.connect(endpoint);
  }

  /** @throws QUEUE_FULL beyond `limits.subscriptionsMax` */
  add(subscription: EventSubscription): void {
    const prefix = prefixOf(subscription.pattern);
    const users = this.#prefixes.get(prefix) ?? 0;
    if (users === 0 && this.#prefixes.size >= limits.subscriptionsMax) {
      throw new MeshError(
        'QUEUE_FULL',
        `${this.#prefixes.size} prefixes are subscribed already; "${subscription.pattern}" is one too many`,
        { hint: 'subscribe to a wider pattern and tell topics apart in the handler' },
      );
    }
    this.subscriptions.add(subscription);
    this.#routes.clear();
    this.#prefixes.set(prefix, users + 1);
    if (users === 0) this.#socket.subscribe(prefix);
  }

  remove(subscription: EventSubscription): void {
    if (!this.subscriptions.delete(subscription)) return;
    this.#routes.clear();
    const prefix = prefixOf(subscription.pattern);
    const users = (this.#prefixes.get(prefix) ?? 1) - 1;
    if (users > 0) this.#prefixes.set(prefix, users);
    else {
      this.#prefixes.delete(prefix);
      if (!this.#socket.closed) this.#socket.unsubscribe(prefix);
    }
    this.#sequences.forget((topic) => this.#routeOf(topic).length === 0);
  }

  close(): void {
    if (!this.#socket.closed) this.#socket.close();
    const subscriptions = [...this.subscriptions];
    // At once: to forget them one by one costs as much as all of them together, each time.
    this.subscriptions.clear();
    this.#routes.clear();
    for (const subscription of subscriptions) subscription.close();
  }

  #onMessage(parts: Buffer[]): Promise<void> | undefined {
    const [topicPart, frame] = parts;
    if (
      topicPart === undefined ||
      frame === undefined ||
      parts.length !== 2 ||
      topicPart.length > limits.topicLengthMax
    ) {
      this.counters.refusedFrames++;
      return undefined;
    }
    const topic = topicPart.toString('latin1');
    const route = this.#routeOf(topic);
    return route.length === 0 ? undefined : this.#onFrame(topic, frame, route);
  }

  #onFrame(topic: string, frame: Buffer, route: readonly EventSubscription[]): Promise<void> | undefined {
    let waits: Promise<void> | undefined;
    try {
      for (const envelope of decodeFrame(frame)) {
        if (envelope.kind !== 'events') this.counters.refusedFrames++;
        else if (waits === undefined) waits = this.#deliver(topic, envelope, route, frame.length);
        // It is rare that a frame has a second one, and rarer that somebody has no room for it.
        else waits = waits.then(() => this.#deliver(topic, envelope, route, frame.length));
      }
    } catch {
      this.counters.refusedFrames++;
    }
    return waits;
  }

  #deliver(
    topic: string,
    batch: EventsEnvelope,
    route: readonly EventSubscription[],
    frameBytes: number,
  ): Promise<void> | undefined {
    const count = batch.bodies.length;
    const place = this.#sequences.place(batch.publisher, topic, batch.firstSeq, count);
    this.counters.received += count;
    if (place > 0) this.counters.missed += place;
    else this.counters.repeated -= place;
    if (place === -count) return undefined;
    let room: Promise<void> | undefined;
    // Only one that blocks ever has no room, and it is alone on its socket.
    for (const subscription of route) {
      if (subscription.open) room = subscription.offer(topic, batch, place, frameBytes / count) ?? room;
    }
    return room;
  }

  #routeOf(topic: string): readonly EventSubscription[] {
    const known = this.#routes.get(topic);
    if (known !== undefined) return known;
    const route = [...this.subscriptions].filter((subscription) => subscription.matches(topic));
    if (this.#routes.size >= limits.publisherTopicsMax) this.#routes.clear();
    this.#routes.set(topic, route);
    return route;
  }
}
