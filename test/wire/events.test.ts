/** Events from publisher through proxy to subscriber: in order, once, and never missing without a word. */
import { expect } from 'chai';
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { EventProxy } from '../../common/wire/events/event-proxy.js';
import { expectError } from '../support/expect-error.js';
import { eventBytes } from '../support/fakes/event-bytes.js';
import { until } from '../support/wait-for.js';
import { EventWorld } from './event-world.js';

describe('events', () => {
  let world: EventWorld;
  beforeEach(() => {
    world = new EventWorld();
  });
  afterEach(() => world.close());

  it('arrive in the order of their publisher, each once, numbered from 1', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const heard = world.listen(subscriber, 'a.>');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    const count = 20_000;
    for (let n = 1; n <= count; n++) expect(publisher.publish('a.b', n)).to.equal(n);
    await until(() => heard.lines.length >= count);
    expect(heard.lines).to.deep.equal(Array.from({ length: count }, (_, n) => `a.b ${n + 1} ${n + 1}`));
    expect(subscriber.counters).to.include({ missed: 0, refusedFrames: 0 });
  });

  it('of one turn leave in few messages, and none waits for more', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const times = new Set<number>();
    subscriber.subscribe('a', (_, { tsMs }) => times.add(tsMs));
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (let n = 0; n < 1_000; n++) publisher.publish('a', n);
    await until(() => heard.lines.length === 1_000);
    // Events of one frame share its time: a thousand small ones were one frame.
    expect(times.size).to.equal(1);
    publisher.publish('a', 'alone');
    await until(() => heard.lines.length === 1_001);
  });

  it('keep what the body was when it was published', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    const body = { n: 1 };
    publisher.publish('a', body);
    body.n = 2;
    publisher.publish('a', body);
    await until(() => heard.bodies.length === 2);
    expect(heard.bodies).to.deep.equal([{ n: 1 }, { n: 2 }]);
  });

  it('of a burst over hundreds of topics all arrive', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const heard = world.listen(subscriber, 'many.*');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    // What the proxy may hold for one subscriber: beyond it the plane drops, and a topic's first event leaves no gap.
    const count = limits.socketHighWaterMark / 2;
    for (let n = 0; n < count; n++) publisher.publish(`many.t${n}`, n);
    await until(() => heard.lines.length + subscriber.counters.missed >= count);
    expect(heard.bodies).to.deep.equal(Array.from({ length: count }, (_, n) => n));
  });

  it('reach the patterns that mean them and no others, each handler once', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const patterns = ['host.main', 'host.*', 'host.>', '*.main', '>', 'host.*.cpu', 'ho'];
    const heard = patterns.map((pattern) => world.listen(subscriber, pattern));
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (const topic of ['host.main', 'host.main.cpu', 'host.pc2', 'hosts.main', 'end'])
      publisher.publish(topic, topic);
    await until(() => heard[4]?.bodies.includes('end') === true);
    const without = (bodies: readonly unknown[] = []) => bodies.filter((body) => body !== 0 && body !== 'end');
    expect(heard.map(({ bodies }) => without(bodies))).to.deep.equal([
      ['host.main'],
      ['host.main', 'host.pc2'],
      ['host.main', 'host.main.cpu', 'host.pc2'],
      ['host.main', 'hosts.main'],
      ['host.main', 'host.main.cpu', 'host.pc2', 'hosts.main'],
      ['host.main.cpu'],
      [],
    ]);
  });

  it('of two machines arrive at who listens to both proxies', async () => {
    const main = await world.proxy();
    const pc2 = await world.proxy();
    const subscriber = world.subscriber(main, pc2);
    subscriber.connect(main.subscribeEndpoint);
    const near = world.publisher(main, 'teller@main#1');
    const far = world.publisher(pc2, 'teller@pc2#1');
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => near.publish(topic, 0), subscriber);
    await world.synced((topic) => far.publish(topic, 0), subscriber);
    for (let n = 0; n < 100; n++) {
      near.publish('a', `main ${n}`);
      far.publish('a', `pc2 ${n}`);
    }
    await until(() => heard.bodies.length === 200);
    for (const machine of ['main', 'pc2'])
      expect(heard.bodies.filter((body) => String(body).startsWith(machine))).to.deep.equal(
        Array.from({ length: 100 }, (_, n) => `${machine} ${n}`),
      );
    expect(subscriber.counters.missed).to.equal(0);
  });

  describe('that are missing', () => {
    const frame = (firstSeq: number, ...bodies: unknown[]) =>
      eventBytes('raw@main#1', firstSeq, systemClock.wallMs(), bodies);

    it('are counted and told before the next one, per publisher and topic', async () => {
      const proxy = await world.proxy();
      const raw = await world.rawPublisher(proxy);
      const subscriber = world.subscriber(proxy);
      const heard = world.listen(subscriber, 'a.*');
      await world.synced((topic) => raw.send([topic, frame(1, 0)]), subscriber);
      await raw.send(['a.x', frame(5, 'five', 'six')]);
      await raw.send(['a.y', frame(100, 'y')]);
      await raw.send(['a.x', frame(7, 'seven')]);
      await raw.send(['a.x', frame(11, 'eleven')]);
      await raw.send(['a.y', frame(102, 'y')]);
      await until(() => heard.bodies.length === 6);
      expect(heard.lines).to.deep.equal([
        'a.x 5 "five"',
        'a.x 6 "six"',
        'a.y 100 "y"',
        'a.x 7 "seven"',
        'gap 3 a.x',
        'a.x 11 "eleven"',
        'gap 1 a.y',
        'a.y 102 "y"',
      ]);
      expect(subscriber.counters.missed).to.equal(4);
    });

    it('while nobody listened were not missed', async () => {
      const proxy = await world.proxy();
      const publisher = world.publisher(proxy);
      const subscriber = world.subscriber(proxy);
      const first = world.listen(subscriber, 'a');
      const other = world.listen(subscriber, 'b');
      await world.synced((topic) => publisher.publish(topic, 0), subscriber);
      publisher.publish('a', 'heard');
      await until(() => first.bodies.length === 1);
      first.subscription.close();
      publisher.publish('a', 'unheard');
      publisher.publish('b', 'after it');
      await until(() => other.bodies.length === 1);
      const second = world.listen(subscriber, 'a');
      await world.synced((topic) => publisher.publish(topic, 0), subscriber);
      publisher.publish('a', 'heard again');
      await until(() => second.bodies.length === 1);
      expect(second.lines).to.deep.equal(['a 3 "heard again"']);
      expect(subscriber.counters.missed).to.equal(0);
    });

    it('behind bytes that are no events are counted with the next ones', async () => {
      const proxy = await world.proxy();
      const raw = await world.rawPublisher(proxy);
      const subscriber = world.subscriber(proxy);
      const heard = world.listen(subscriber, 'a');
      await world.synced((topic) => raw.send([topic, frame(1, 0)]), subscriber);
      await raw.send(['a', frame(1, 'one')]);
      await raw.send(['a', Buffer.from([0xc1])]);
      await raw.send(['a', encode([1, 2, 3, 'a reply'])]);
      await raw.send(['a']);
      await raw.send(['a', frame(2, 'two'), 'three parts']);
      await raw.send(['a'.repeat(300), frame(1, 'a long topic')]);
      await raw.send(['a', frame(3, 'three')]);
      await until(() => heard.bodies.length === 2);
      expect(heard.lines).to.deep.equal(['a 1 "one"', 'gap 1 a', 'a 3 "three"']);
      expect(subscriber.counters.refusedFrames).to.equal(5);
    });
  });

  it('go on to the others when a handler throws or rejects, and that is told', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    subscriber.subscribe('a', () => {
      throw new Error('thrown');
    });
    subscriber.subscribe('a', () => Promise.reject(new Error('rejected')));
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (const n of [1, 2]) publisher.publish('a', n);
    await until(() => heard.bodies.length === 2 && world.handlerErrors.length === 4);
    expect(world.handlerErrors.sort()).to.deep.equal([
      'a: Error: rejected',
      'a: Error: rejected',
      'a: Error: thrown',
      'a: Error: thrown',
    ]);
    expect(subscriber.counters.handlerErrors).to.equal(4);
  });

  it('end with the subscription, also for the rest of a batch', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const bodies: unknown[] = [];
    const once = subscriber.subscribe('a', (body) => {
      bodies.push(body);
      once.close();
      once.close();
    });
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (const n of [1, 2, 3]) publisher.publish('a', n);
    await until(() => heard.bodies.length === 3);
    expect(bodies).to.deep.equal([1]);
  });

  it('can be listened to by as many prefixes as are allowed, and not one more', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const heard = Array.from({ length: limits.subscriptionsMax - 1 }, (_, n) => world.listen(subscriber, `t${n}x`));
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    const last = world.listen(subscriber, 'last');
    expectError('QUEUE_FULL', () => subscriber.subscribe('one.too.many', () => undefined));
    subscriber.subscribe('last', () => undefined);
    heard.forEach((_, n) => {
      publisher.publish(`t${n}x`, n);
    });
    await until(() => heard.every(({ bodies }) => bodies.length === 1));
    last.subscription.close();
  });

  it('flow again when the proxy comes back on its ports', async () => {
    const first = await world.proxy();
    const publisher = world.publisher(first);
    const subscriber = world.subscriber(first);
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    const endpoints = { publish: first.publishEndpoint, subscribe: first.subscribeEndpoint };
    await first.close();
    for (let n = 0; n < 10; n++) publisher.publish('a', 'lost');
    // The system may need a moment to give the ports back.
    let second: EventProxy | undefined;
    await until(async () => {
      const next = new EventProxy(endpoints, 'the second proxy');
      second = await next
        .open(() => undefined)
        .then(
          () => next,
          () => undefined,
        );
      return second !== undefined;
    });
    await until(() => {
      publisher.publish('a', 'again');
      return heard.bodies.includes('again');
    });
    await second?.close();
  });
});
