/** The publishing end of events: what it refuses, and that it neither waits for anybody nor loses what it took. */
import { expect } from 'chai';
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { EventPublisher } from '../../common/wire/events/event-publisher.js';
import { expectError } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { EventWorld } from './event-world.js';

describe('an event publisher', () => {
  let world: EventWorld;
  beforeEach(() => {
    world = new EventWorld();
  });
  afterEach(() => world.close());

  it('refuses events when topic, body or number of topics are wrong', async () => {
    const publisher = world.publisher(await world.proxy());
    expectError('INVALID_INPUT', () => publisher.publish('a b', 1));
    expectError('INVALID_INPUT', () => publisher.publish('a', new Set()));
    expectError('TOO_LARGE', () => publisher.publish('a', 'x'.repeat(limits.callFrameBytesMax / 2)));
    for (let n = 1; n < limits.publisherTopicsMax; n++) publisher.publish(`t.${n}`, 0);
    expectError('TOO_LARGE', () => publisher.publish('one.too.many', 0));
    expect(publisher.publish('a', 0)).to.equal(1);
  });

  it('refuses events when more wait than the proxy can take', async () => {
    const publisher = world.publisher(await world.proxy());
    const body = Buffer.alloc(limits.callFrameBytesMax / 4);
    const fits = Math.floor(limits.peerQueueBytesMax / (body.length + 5));
    for (let n = 0; n < fits; n++) publisher.publish('a', body);
    expectError('QUEUE_FULL', () => publisher.publish('a', body));
    expect(publisher.counters).to.deep.equal({ published: fits, refused: 1 });
  });

  it('lets what was published before its close leave, and takes none after it', async () => {
    const proxy = await world.proxy();
    const publisher = world.publisher(proxy);
    const subscriber = world.subscriber(proxy);
    const heard = world.listen(subscriber, 'a');
    await world.synced((topic) => publisher.publish(topic, 0), subscriber);
    for (let n = 0; n < 5_000; n++) publisher.publish('a', 'x'.repeat(100));
    await Promise.all([publisher.close(), publisher.close()]);
    await until(() => heard.bodies.length === 5_000);
    expectError('CLOSED', () => publisher.publish('a', 1));
  });

  it('neither blocks nor keeps what nobody can hear, where there is no proxy', async () => {
    const publisher = new EventPublisher('alone@main#1', 'tcp://127.0.0.1:1', systemClock);
    for (let n = 1; n <= 10_000; n++) expect(publisher.publish('a', n)).to.equal(n);
    await publisher.close();
  });
});
