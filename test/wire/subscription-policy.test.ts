/** Subscriptions with a queue: what they drop, how they block, and that nobody else is affected. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import type { EventProxy } from '../../common/wire/events/event-proxy.js';
import type { EventInfo } from '../../common/wire/events/subscription.js';
import { expectError } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { EventWorld } from './event-world.js';

/** A handler that is held at its first event until it is released. */
class HeldHandler {
  readonly seqs: number[] = [];
  atOnceMax = 0;
  #atOnce = 0;
  #release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  readonly handle = async (_body: unknown, { seq }: EventInfo): Promise<void> => {
    this.seqs.push(seq);
    this.atOnceMax = Math.max(this.atOnceMax, ++this.#atOnce);
    await this.#released;
    this.#atOnce--;
  };

  release(): void {
    this.#release();
  }
}

describe('a subscription with a queue', () => {
  let world: EventWorld;
  beforeEach(() => {
    world = new EventWorld();
  });
  afterEach(() => world.close());

  const openPair = async (given?: EventProxy) => {
    const proxy = given ?? (await world.proxy());
    return { publisher: world.publisher(proxy), subscriber: world.subscriber(proxy) };
  };

  it('handles one event after the other, and has the newest when it drops the oldest: counted, and told in their place', async () => {
    const { publisher, subscriber } = await openPair();
    const slow = new HeldHandler();
    const gaps: string[] = [];
    const subscription = subscriber.subscribe('a', slow.handle, {
      queueMax: 10,
      overflow: 'drop-oldest',
      onGap: (count, topic, publisher, cause) =>
        gaps.push(`${count} ${topic} ${publisher} ${cause} before ${slow.seqs.length}`),
    });
    const quick = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    publisher.publish('a', 'first');
    await until(() => slow.seqs.length === 1);
    for (let n = 0; n < 100; n++) publisher.publish('a', n);
    await until(() => quick.bodies.length === 101);
    expect(subscription.figures).to.include({
      overflow: 'drop-oldest',
      queued: 10,
      queueMax: 10,
      dropped: 90,
      handled: 1,
    });
    expect(subscriber.counters).to.include({ dropped: 90, missed: 0 });
    slow.release();
    await until(() => slow.seqs.length === 11);
    expect(slow.seqs).to.deep.equal([1, ...Array.from({ length: 10 }, (_, n) => 92 + n)]);
    expect(slow.atOnceMax).to.equal(1);
    expect(gaps).to.deep.equal(['90 a teller@main#1 dropped before 1']);
    expect(subscription.figures).to.include({ queued: 0, waitMs: 0, handled: 11 });
    subscription.close();
    expect(subscriber.counters.dropped).to.equal(90);
  });

  it('that blocks holds up its own events and nobody else’s, loses none that fit on the way, and is bounded', async () => {
    const { publisher, subscriber } = await openPair();
    const slow = new HeldHandler();
    const subscription = subscriber.subscribe('a', slow.handle, { queueMax: 5, overflow: 'block' });
    const quick = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    await until(() => {
      publisher.publish('a', 'is it there');
      return slow.seqs.length === 1;
    });
    const [first = 0] = slow.seqs;
    let last = 0;
    for (let n = 0; n < 200; n++) last = publisher.publish('a', n);
    await until(() => quick.lines.at(-1)?.startsWith(`a ${last} `) === true);
    await until(() => subscription.figures.queued === 5);
    expect(slow.seqs).to.deep.equal([first]);
    slow.release();
    await until(() => slow.seqs.at(-1) === last);
    expect(slow.seqs).to.deep.equal(Array.from({ length: last - first + 1 }, (_, n) => first + n));
    expect(slow.atOnceMax).to.equal(1);
    expect(subscription.figures).to.include({ dropped: 0, missed: 0 });
  });

  it('that blocks too long has a gap, which is as long as what it did not get', async () => {
    const { publisher, subscriber } = await openPair(await world.proxy(10));
    const slow = new HeldHandler();
    let missed = 0;
    const subscription = subscriber.subscribe('a', slow.handle, {
      queueMax: 1,
      overflow: 'block',
      onGap: (count, _topic, _publisher, cause) => {
        expect(cause).to.equal('lost');
        missed += count;
      },
    });
    const quick = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    await until(() => {
      publisher.publish('a', 'is it there');
      return slow.seqs.length === 1;
    });
    const [first = 0] = slow.seqs;
    // More than the proxy, the kernel and the socket hold for one subscriber, each in the frame of a turn.
    const body = Buffer.alloc(limits.frameTargetBytes);
    let last = first;
    for (let n = 0; n < 400; n++) {
      last = publisher.publish('a', body);
      await nextTurn();
    }
    const isBehind = (line: string | undefined) => Number(line?.split(' ')[1]) > last;
    await until(() => {
      publisher.publish('a', 'they are through');
      return isBehind(quick.lines.at(-1));
    });
    slow.release();
    let end = 0;
    await until(() => {
      end = publisher.publish('a', 'the end');
      return slow.seqs.some((seq) => seq > last);
    });
    const heard = slow.seqs.at(-1) ?? 0;
    expect(missed).to.be.above(0);
    expect(slow.seqs.length + missed).to.equal(heard - first + 1);
    expect(end).to.be.at.least(heard);
    expect(subscription.figures.missed).to.equal(missed);
  });

  it('that blocks and begins with last values takes both ways, whichever waits for room', async () => {
    const { publisher, subscriber } = await openPair();
    const slow = new HeldHandler();
    const subscription = subscriber.subscribe('a', slow.handle, { queueMax: 2, overflow: 'block', last: true });
    await until(() => {
      publisher.publish('a', 'is it there');
      return slow.seqs.length === 1 && subscription.figures.queued === 2;
    });
    const keeping = subscription.offerKept(
      { topic: 'a', publisher: 'other@main#1', seq: 7, tsMs: Number.MAX_SAFE_INTEGER },
      'kept',
      4,
    );
    const [first = 0] = slow.seqs;
    slow.release();
    await keeping;
    let last = 0;
    await until(() => {
      last = publisher.publish('a', 'on');
      return slow.seqs.length > 20;
    });
    expect(last).to.be.above(first);
    expect(slow.seqs.filter((seq) => seq === 7).length).to.be.at.least(1);
  });

  it('goes on when its handler throws or rejects, and when onGap does', async () => {
    const { publisher, subscriber } = await openPair();
    const seqs: number[] = [];
    const subscription = subscriber.subscribe(
      'a',
      (_, { seq }) => {
        seqs.push(seq);
        if (seq === 1) throw new Error('thrown');
        return seq === 2 ? Promise.reject(new Error('rejected')) : undefined;
      },
      { queueMax: 100 },
    );
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (let n = 0; n < 3; n++) publisher.publish('a', n);
    await until(() => seqs.length === 3);
    expect(world.handlerErrors).to.deep.equal(['a: Error: thrown', 'a: Error: rejected']);
    expect(subscription.figures).to.include({ failed: 2, handled: 3, overflow: 'drop-oldest' });
  });

  it('ends with its subscription: what waits is let go', async () => {
    const { publisher, subscriber } = await openPair();
    const slow = new HeldHandler();
    const subscription = subscriber.subscribe('a', slow.handle, { queueMax: 100 });
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (let n = 0; n < 5; n++) publisher.publish('a', n);
    await until(() => subscription.figures.queued === 4);
    subscription.close();
    expect(subscription.figures.queued).to.equal(0);
    slow.release();
    await nextTurn();
    expect(slow.seqs).to.deep.equal([1]);
  });

  it('is refused when it cannot be, typed, and costs the others nothing', async () => {
    const { publisher, subscriber } = await openPair();
    const heard = world.listen(subscriber, 'a');
    for (const queueMax of [0, -1, 1.5, Number.NaN, limits.subscriptionQueueMax + 1])
      expectError('INVALID_INPUT', () => subscriber.subscribe('a', () => undefined, { queueMax }));
    for (const pattern of ['', 'a..b', '>.a', 'a b', 'a.*x'])
      expectError('INVALID_INPUT', () => subscriber.subscribe(pattern, () => undefined));
    const blocking = Array.from({ length: limits.blockingSubscriptionsMax }, () =>
      subscriber.subscribe('b', () => undefined, { overflow: 'block' }),
    );
    expectError('QUEUE_FULL', () => subscriber.subscribe('b', () => undefined, { overflow: 'block' }));
    for (const subscription of blocking) subscription.close();
    subscriber.subscribe('b', () => undefined, { overflow: 'block' });
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    publisher.publish('a', 1);
    await until(() => heard.bodies.length === 1);
  });
});
