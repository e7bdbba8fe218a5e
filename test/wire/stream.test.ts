/** Streams over real sockets: items as they are read, what is said meanwhile, and all the ways in which one ends. */
import { expect } from 'chai';
import { Router } from 'zeromq';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { encode } from '../../common/protocol/frames/codec.js';
import {
  decodeFrame,
  encodeCancel,
  encodeCredit,
  encodeItems,
  encodeReply,
  encodeRequest,
} from '../../common/protocol/frames/envelope.js';
import { expectError, expectRejection } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { all, streaming } from './streaming.js';
import { FRAME_BYTES_MAX, nextAnswers, WireWorld } from './wire-world.js';

async function* counting(count: number): AsyncGenerator<unknown, unknown> {
  for (let n = 0; n < count; n++) yield n;
  return { count };
}

describe('a stream', () => {
  let world: WireWorld;
  beforeEach(() => {
    world = new WireWorld();
  });
  afterEach(() => world.close());

  it('brings all items in order, and what the method returned', async () => {
    const server = await world.server(streaming((asked) => counting(Number(asked.body))));
    const client = world.client(server.endpoint);
    for (const count of [0, 1, 63, 64, 65, 10_000]) {
      const stream = client.openStream('count', count);
      expect(await all(stream)).to.deep.equal(Array.from({ length: count }, (_, n) => n));
      expect(await stream.result).to.deep.equal({ count });
    }
    expect(client.pendingCount).to.equal(0);
    expect(client.counters).to.include({ strayReplies: 0, refusedFrames: 0, cancels: 0 });
    expect(server.watchedCount).to.equal(0);
  });

  it('puts the items of one turn into one envelope', async () => {
    const server = await world.server((asked) => {
      for (let n = 0; n < 40; n++) void asked.stream?.push(n);
      return 'done';
    });
    const dealer = world.dealer(server.endpoint);
    await dealer.send(encodeRequest(7, 'm', {}, { credit: 64 }));
    const items = Array.from({ length: 40 }, (_, n) => n);
    expect(await nextAnswers(dealer)).to.deep.equal([
      { kind: 'items', id: 7, firstSeq: 1, items },
      { kind: 'reply', id: 7, body: 'done' },
    ]);
  });

  it('has no items where the method yields none', async () => {
    const client = world.client((await world.server((asked) => asked.body)).endpoint);
    const stream = client.openStream('echo', 'plain');
    expect(await all(stream)).to.deep.equal([]);
    expect(await stream.result).to.equal('plain');
  });

  it('ends with what the method threw, after the items before it', async () => {
    const server = await world.server(
      streaming(async function* () {
        yield 1;
        yield 2;
        throw new MeshError('CONFLICT', 'no further');
      }),
    );
    const stream = world.client(server.endpoint).openStream('m', {});
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).to.deep.equal([1, 2]);
    await expectRejection('CONFLICT', stream.next());
    await expectRejection('CONFLICT', stream.result);
  });

  it('keeps its callee waiting for a slow reader: what is made and not read is bounded', async () => {
    let made = 0;
    const server = await world.server(
      streaming(async function* () {
        for (;;) yield made++;
      }),
    );
    const stream = world.client(server.endpoint).openStream('endless', {}, { window: 10 });
    for (let read = 1; read <= 100; read++) {
      expect((await stream.next()).value).to.equal(read - 1);
      // It takes several turns for anything that comes to come.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      expect(made - read).to.be.at.most(10 + 1);
      expect(stream.unreadCount).to.be.at.most(10);
    }
    stream.cancel();
  });

  it('bounds the bytes of large items too, and comes to its end', async () => {
    let made = 0;
    const size = limits.streamBytesMax / 4;
    const server = await world.server(
      streaming(async function* () {
        for (; made < 40; made++) yield Buffer.alloc(size, made);
        return 'done';
      }),
    );
    const stream = world.client(server.endpoint).openStream('large', {});
    await until(() => stream.unreadCount >= 4);
    await new Promise(setImmediate);
    expect(made).to.be.at.most(6);
    let read = 0;
    for await (const item of stream) {
      expect((item as Buffer)[0]).to.equal(read++);
      expect(stream.unreadCount).to.be.at.most(5);
    }
    expect([read, await stream.result]).to.deep.equal([40, 'done']);
  });

  it('is ended at its callee when its reader leaves the loop', async () => {
    let ended = false;
    let reason: unknown;
    const server = await world.server(
      streaming(async function* (asked) {
        asked.onAbandoned((why) => {
          reason = why;
        });
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          ended = true;
        }
      }),
    );
    const client = world.client(server.endpoint);
    const stream = client.openStream('endless', {});
    for await (const item of stream) if (item === 5) break;
    await expectRejection('INTERRUPTED', stream.result);
    await until(() => ended);
    expect(reason).to.have.property('code', 'INTERRUPTED');
    expect((await stream.next()).done).to.equal(true);
    expect(await client.send('none', {})).to.equal('no stream');
    expect(client.counters).to.include({ strayReplies: 0, refusedFrames: 0, cancels: 1 });
    expect([client.pendingCount, server.watchedCount]).to.deep.equal([0, 0]);
  });

  it('is ended by a signal, and leaves nothing with it', async () => {
    const server = await world.server(streaming(() => counting(Number.POSITIVE_INFINITY)));
    const client = world.client(server.endpoint);
    const controller = new AbortController();
    const stream = client.openStream('endless', {}, { signal: controller.signal });
    await stream.next();
    controller.abort();
    await expectRejection('INTERRUPTED', stream.result);
    expectError('INTERRUPTED', () => client.openStream('endless', {}, { signal: controller.signal }));
    await until(() => server.watchedCount === 0);
  });

  it('ends with its time', async () => {
    const server = await world.server(streaming(() => counting(Number.POSITIVE_INFINITY)));
    const client = world.client(server.endpoint);
    await client.send('none', {}); // connected
    const stream = client.openStream('endless', {}, { timeoutMs: 50 });
    await expectRejection('TIMED_OUT', stream.result);
    await until(() => server.watchedCount === 0);
  });

  it('ends at its callee when its caller goes, and at its caller when its callee does', async () => {
    const codes: string[] = [];
    const server = await world.server(
      streaming(async function* (asked) {
        asked.onAbandoned(({ code }) => codes.push(code));
        yield 1;
        await new Promise((resolve) => asked.onAbandoned(resolve));
      }),
    );
    const goes = world.client(server.endpoint);
    await goes.openStream('m', {}).next();
    goes.close();
    await until(() => codes.length === 1);
    expect(codes).to.deep.equal(['CONNECTION_LOST']);
    const stream = world.client(server.endpoint).openStream('m', {});
    await stream.next();
    await Promise.all([
      server.close(),
      expectRejection('CLOSED', stream.result),
      expectRejection('CLOSED', stream.next()),
    ]);
    expect(codes).to.deep.equal(['CONNECTION_LOST', 'CLOSED']);
  });

  it('is refused where it cannot be asked for', async () => {
    const client = world.client((await world.server(() => 1)).endpoint);
    expectError('INVALID_INPUT', () => client.openStream('m', new Set()));
    expectError('TOO_LARGE', () => client.openStream('m', 'x'.repeat(FRAME_BYTES_MAX)));
    client.close();
    expectError('CLOSED', () => client.openStream('m', {}));
  });

  it('tells of an item that cannot travel, and the handler of it', async () => {
    for (const [item, code] of [
      [new Set(), 'INVALID_OUTPUT'],
      ['x'.repeat(FRAME_BYTES_MAX), 'TOO_LARGE'],
    ] as const) {
      const server = await world.server(
        streaming(async function* () {
          yield 1;
          yield item;
        }),
      );
      const stream = world.client(server.endpoint).openStream('m', {});
      expect((await stream.next()).value).to.equal(1);
      expect((await expectRejection(code, stream.next())).message).to.contain('item of m');
    }
  });

  describe('of a callee that does not keep to the protocol', () => {
    const breaches: readonly [string, (id: number) => Buffer, string][] = [
      ['leaves an item out', (id) => encodeItems(id, 2, [encode('x')]), 'item 2 came where 1 was next'],
      ['sends more than was let come', (id) => encodeItems(id, 1, [encode(1), encode(2), encode(3)]), 'more items'],
    ];
    for (const [title, breach, says] of breaches) {
      it(`is given up when it ${title}`, async () => {
        const router = world.own(new Router({ linger: 0 }));
        await router.bind('tcp://127.0.0.1:0');
        const client = world.client(router.lastEndpoint ?? '');
        const stream = client.openStream('m', {}, { window: 2 });
        const [peer, frame] = await router.receive();
        const [asked] = decodeFrame(frame ?? Buffer.alloc(0));
        const id = asked?.kind === 'request' ? asked.id : 0;
        await router.send([peer ?? '', Buffer.concat([breach(id), breach(id), encodeReply(id, 'late')])]);
        expect((await expectRejection('BAD_FRAME', stream.result)).message).to.contain(says);
        await expectRejection('BAD_FRAME', stream.next());
        expect((await router.receive())[1]).to.deep.equal(encodeCancel(id));
        expect(client.counters).to.include({ strayReplies: 0, refusedFrames: 0 });
      });
    }

    it('counts items and credit that nobody asked for, and not the question whether it is there', async () => {
      const router = world.own(new Router({ linger: 0 }));
      await router.bind('tcp://127.0.0.1:0');
      const client = world.client(router.lastEndpoint ?? '');
      const answer = client.send('plain', {});
      const [peer, frame] = await router.receive();
      const [asked] = decodeFrame(frame ?? Buffer.alloc(0));
      const id = asked?.kind === 'request' ? asked.id : 0;
      const sign = [encodeItems(id, 1, []), encodeItems(99, 1, [])];
      const stray = [encodeItems(id, 1, [encode(1)]), encodeCredit(id, 1), encodeItems(99, 1, [encode(1)])];
      await router.send([peer ?? '', Buffer.concat([...sign, ...stray, encodeReply(id, 'heard')])]);
      expect(await answer).to.equal('heard');
      expect(client.counters).to.include({ strayReplies: 3, refusedFrames: 0 });
    });
  });
});
