/** Event proxies, publishers and subscribers on real sockets, and a way to know that a subscription has arrived. */
import { Publisher } from 'zeromq';
import { systemClock } from '../../common/core/clock.js';
import { EventProxy } from '../../common/wire/events/event-proxy.js';
import { EventPublisher } from '../../common/wire/events/event-publisher.js';
import { EventSubscriber } from '../../common/wire/events/event-subscriber.js';
import type { EventInfo, Subscription, SubscriptionOptions } from '../../common/wire/events/subscription.js';
import { until } from '../support/wait-for.js';

const ANY_PORT = 'tcp://127.0.0.1:0';

/** What a subscription heard: `topic seq body` of each event, and `gap count topic` of each gap. */
export class Heard {
  readonly lines: string[] = [];
  readonly bodies: unknown[] = [];

  readonly handler = (body: unknown, { topic, seq }: EventInfo): void => {
    this.bodies.push(body);
    this.lines.push(`${topic} ${seq} ${Buffer.isBuffer(body) ? `${body.length} bytes` : JSON.stringify(body)}`);
  };
  readonly onGap = (count: number, topic: string, _publisher: string, cause: string): void => {
    this.lines.push(`${cause === 'lost' ? 'gap' : cause} ${count} ${topic}`);
  };
}

export class EventWorld {
  readonly handlerErrors: string[] = [];
  readonly #closers: (() => unknown)[] = [];
  #syncCount = 0;

  async close(): Promise<void> {
    for (const closer of this.#closers.splice(0).reverse()) await closer();
  }

  async proxy(highWaterMark?: number): Promise<EventProxy> {
    const endpoints = { publish: ANY_PORT, subscribe: ANY_PORT };
    const proxy = new EventProxy(endpoints, 'the proxy of the test', highWaterMark);
    this.#closers.push(() => proxy.close());
    await proxy.open((error) => this.handlerErrors.push(`proxy ended: ${String(error)}`));
    return proxy;
  }

  publisher(proxy: EventProxy, name = 'teller@main#1'): EventPublisher {
    const publisher = new EventPublisher(name, proxy.publishEndpoint, systemClock);
    this.#closers.push(() => publisher.close());
    return publisher;
  }

  /** A PUB socket that sends what it is told to: frames that our publisher never would. */
  async rawPublisher(proxy: EventProxy): Promise<Publisher> {
    const publisher = new Publisher({ linger: 0 });
    this.#closers.push(() => publisher.close());
    publisher.connect(proxy.publishEndpoint);
    return publisher;
  }

  subscriber(...proxies: EventProxy[]): EventSubscriber {
    const subscriber = new EventSubscriber({
      onHandlerError: (error, topic) => this.handlerErrors.push(`${topic}: ${String(error)}`),
    });
    this.#closers.push(() => subscriber.close());
    for (const proxy of proxies) subscriber.connect(proxy.subscribeEndpoint);
    return subscriber;
  }

  listen(
    subscriber: EventSubscriber,
    pattern: string,
    options: SubscriptionOptions = {},
  ): Heard & { readonly subscription: Subscription } {
    const heard = new Heard();
    const subscription = subscriber.subscribe(pattern, heard.handler, { onGap: heard.onGap, ...options });
    return Object.assign(heard, { subscription });
  }

  /**
   * Resolves when all that was subscribed so far has reached `publish`'s socket: subscriptions travel in order, so one
   * that is heard proves those before it.
   */
  async synced(publish: (topic: string) => unknown, subscriber: EventSubscriber): Promise<void> {
    const topic = `sync.${++this.#syncCount}`;
    let heard = false;
    const probe = subscriber.subscribe(topic, () => {
      heard = true;
    });
    await until(async () => {
      if (!heard) await publish(topic);
      return heard;
    });
    probe.close();
  }
}
