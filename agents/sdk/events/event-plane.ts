/**
 * A process's part in the event plane: it publishes to the proxy of its own machine and subscribes to all of them. The broker
 * program beside each proxy keeps last values; it is connected to when somebody first asks for that.
 */
import type { Clock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { WelcomeBody } from '../../../common/protocol/catalogue.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { EventPublisher } from '../../../common/wire/events/event-publisher.js';
import { EventSubscriber } from '../../../common/wire/events/event-subscriber.js';
import type {
  EventHandler,
  Subscription,
  SubscriptionFigures,
  SubscriptionOptions,
} from '../../../common/wire/events/subscription.js';
import type { PublishOptions } from '../mesh.js';
import { LastValues } from './last-values.js';
import { ValueKeeper } from './value-keeper.js';

type BrokerPlace = WelcomeBody['brokers'][number];

export interface EventPlaneOptions {
  /** `agent@machine` and the number of its incarnation. */
  readonly instance: string;
  readonly epoch: number;
  readonly machine: string;
  readonly brokers: readonly BrokerPlace[];
  readonly onHandlerError: (error: unknown, topic: string) => void;
  readonly clock: Clock;
}

export class EventPlane {
  #publisher: EventPublisher | undefined;
  #subscriber: EventSubscriber | undefined;
  #keeper: ValueKeeper | undefined;
  /** By machine. */
  readonly #brokers = new Map<string, RequestClient>();
  readonly #lasts: { readonly machine: string; readonly values: LastValues }[] = [];

  constructor(private readonly options: EventPlaneOptions) {}

  publish(topic: string, body: unknown, options: PublishOptions | undefined): number {
    this.#publisher ??= new EventPublisher(this.#name, this.#own?.publish ?? '', this.options.clock);
    if (options?.keepLast !== true) return this.#publisher.publish(topic, body);
    this.#keeper ??= this.#openKeeper();
    const sealed = this.#keeper.seal(topic, body);
    const seq = this.#publisher.publish(topic, body);
    this.#keeper.keep(topic, seq, sealed);
    return seq;
  }

  subscribe(pattern: string, handler: EventHandler, options: SubscriptionOptions | undefined): Subscription {
    this.#subscriber ??= this.#openSubscriber();
    const subscription = this.#subscriber.subscribe(pattern, handler, options);
    if (options?.last !== true) return subscription;
    for (let i = this.#lasts.length - 1; i >= 0; i--) if (this.#lasts[i]?.values.over) this.#lasts.splice(i, 1);
    for (const broker of this.options.brokers) {
      if (broker.control === undefined) continue;
      const values = new LastValues(this.#brokerOf(broker, broker.control), subscription);
      this.#lasts.push({ machine: broker.machine, values });
      values.ask();
    }
    return subscription;
  }

  get counters(): Record<string, number> {
    const { published = 0, refused = 0 } = this.#publisher?.counters ?? {};
    const { received = 0, missed = 0, dropped = 0, repeated = 0, handlerErrors = 0 } = this.#subscriber?.counters ?? {};
    return {
      eventsPublished: published,
      eventsRefused: refused,
      eventsReceived: received,
      eventsMissed: missed,
      eventsDropped: dropped,
      eventsRepeated: repeated,
      eventHandlerErrors: handlerErrors,
      ...(this.#keeper === undefined
        ? {}
        : { valuesKept: this.#keeper.counters.kept, keepFailures: this.#keeper.counters.failures }),
    };
  }

  /** Its subscriptions, those in trouble first. */
  get subscriptions(): SubscriptionFigures[] {
    const figures = this.#subscriber?.figures ?? [];
    return figures.sort((a, b) => troubleOf(b) - troubleOf(a)).slice(0, limits.subscriptionsShown);
  }

  /** What was published leaves, and what is to be kept is told, each within `limits.closeTimeoutMs`. Idempotent. */
  async close(): Promise<void> {
    for (const { values } of this.#lasts.splice(0)) values.close();
    await Promise.all([this.#publisher?.close(), this.#keeper?.close()]);
    this.#subscriber?.close();
    for (const broker of this.#brokers.values()) broker.close();
  }

  get #name(): string {
    return `${this.options.instance}#${this.options.epoch}`;
  }

  get #own(): BrokerPlace | undefined {
    return this.options.brokers.find(({ machine }) => machine === this.options.machine);
  }

  #openSubscriber(): EventSubscriber {
    const { onHandlerError, brokers } = this.options;
    const subscriber = new EventSubscriber({ onHandlerError });
    for (const { subscribe } of brokers) subscriber.connect(subscribe);
    return subscriber;
  }

  /** @throws UNREACHABLE when the node is of a version that does not say where the broker is */
  #openKeeper(): ValueKeeper {
    const own = this.#own;
    if (own?.control === undefined) {
      throw new MeshError(
        'UNREACHABLE',
        `the node of ${this.options.machine} does not tell where its broker keeps values`,
        {
          hint: `start it anew with this version: mesh down ${this.options.machine}, mesh up ${this.options.machine}`,
        },
      );
    }
    return new ValueKeeper(this.#brokerOf(own, own.control), this.#name, this.options.clock);
  }

  #brokerOf({ machine }: BrokerPlace, endpoint: string): RequestClient {
    const known = this.#brokers.get(machine);
    if (known !== undefined) return known;
    const client = new RequestClient({
      endpoint,
      name: this.options.instance,
      peer: `the broker of ${machine}`,
      frameBytesMax: limits.controlFrameBytesMax,
      onLink: (up) => {
        if (up) this.#onBrokerUp(machine);
      },
    });
    this.#brokers.set(machine, client);
    return client;
  }

  #onBrokerUp(machine: string): void {
    if (machine === this.options.machine) this.#keeper?.onLinkUp();
    for (const { machine: place, values } of this.#lasts) if (place === machine) values.ask();
  }
}

/** Whose events are gone comes before whose events wait, and that before who is merely busy. */
const troubleOf = ({ missed, dropped, failed, queued, handlerMs }: SubscriptionFigures): number =>
  (missed + dropped + failed) * 1e9 + queued * 1e3 + handlerMs / 1e6;
