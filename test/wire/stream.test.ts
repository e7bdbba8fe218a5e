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
  encodeSay,
} from '../../common/protocol/frames/envelope.js';
import type { IncomingRequest } from '../../common/wire/answering/incoming-request.js';
import { AnswerStream } from '../../common/wire/streams/answer-stream.js';
import type { RequestStream } from '../../common/wire/streams/request-stream.js';
import { expectError, expectRejection } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { FRAME_BYTES_MAX, lines, nextAnswers, WireWorld } from './wire-world.js';

/** Puts a generator on the stream of its request, as an action does. */
const streaming =
  (generate: (request: IncomingRequest) => AsyncGenerator<unknown, unknown>) =>
  async (request: IncomingRequest): Promise<unknown> => {
    if (request.stream === undefined) return 'no stream';
    const items = generate(request);
    for (;;) {
      const { done, value } = await items.next();
      if (done) return value;
      try {
        const left = request.stream.push(value);
        if (left !== undefined) await left;
      } catch (error) {
        await items.return(undefined);
        throw error;
      }
    }
  };

async function* counting(count: number): AsyncGenerator<unknown, unknown> {
  for (let n = 0; n < count; n++) yield n;
  return { count };
}

async function all(stream: RequestStream): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
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

  describe('on which its caller speaks', () => {
    const echo = streaming(async function* (asked) {
      for await (const said of asked.stream?.inbox ?? []) {
        if (said === 'end') return 'ended';
        yield said;
      }
      return 'over';
    });

    it('brings what is said in order, however much', async () => {
      const client = world.client((await world.server(echo)).endpoint);
      const stream = client.openStream('echo', {});
      const speaking = (async () => {
        for (let n = 0; n < 500; n++) await stream.say(n);
        await stream.say('end');
      })();
      expect(await all(stream)).to.deep.equal(Array.from({ length: 500 }, (_, n) => n));
      expect(await stream.result).to.equal('ended');
      await speaking;
      expect(client.counters).to.include({ strayReplies: 0, refusedFrames: 0 });
    });

    it('keeps the speaker waiting until its callee listens, and says when it never did', async () => {
      let finish: () => void = () => undefined;
      const server = await world.server(
        () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
      );
      const stream = world.client(server.endpoint).openStream('deaf', {});
      let heard = false;
      const speaking = stream.say('hello').then(() => {
        heard = true;
      });
      await until(() => server.counters.requests === 1);
      const waiting = Array.from({ length: limits.streamWaitingMax - 1 }, () => stream.say('more'));
      await expectRejection('QUEUE_FULL', stream.say('too much'));
      expect(heard).to.equal(false);
      finish();
      await Promise.all([speaking, ...waiting].map((work) => expectRejection('CLOSED', work)));
      await expectRejection('CLOSED', stream.say('late'));
    });

    it('refuses to say what cannot travel', async () => {
      const stream = world.client((await world.server(echo)).endpoint).openStream('echo', {});
      await expectRejection('INVALID_INPUT', stream.say(new Set()));
      await expectRejection('TOO_LARGE', stream.say('x'.repeat(FRAME_BYTES_MAX)));
      await stream.say('end');
      expect(await stream.result).to.equal('ended');
    });

    it('ends for who says more than there is room for', async () => {
      const server = await world.server(echo);
      const dealer = world.dealer(server.endpoint);
      await dealer.send(encodeRequest(7, 'echo', {}, { credit: 1 }));
      expect(await nextAnswers(dealer)).to.deep.equal([{ kind: 'credit', id: 7, count: limits.streamInboxWindow }]);
      const said = Array.from({ length: limits.streamInboxWindow + 10 }, (_, n) => encodeSay(7, n));
      await dealer.send(Buffer.concat(said));
      const got: string[] = [];
      while (!got.includes('7 BAD_FRAME')) got.push(...lines(await nextAnswers(dealer)));
      expect(server.watchedCount).to.equal(0);
    });
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

describe('the answering end of a stream', () => {
  const FAR_MS = 1e12;
  const streamOf = (credit: number) => {
    const put: Buffer[] = [];
    const stream = new AnswerStream(7, 'm', credit, {
      frameBytesMax: FRAME_BYTES_MAX,
      put: (bytes) => put.push(bytes),
      expect: () => undefined,
    });
    return { stream, put, envelopes: () => put.flatMap((bytes) => decodeFrame(bytes)) };
  };

  it('shows a sign of life when it had nothing to tell for a while', () => {
    const { stream, envelopes } = streamOf(1);
    stream.showSign(0);
    expect(envelopes()).to.deep.equal([]);
    void stream.push('a');
    stream.flush();
    stream.showSign(FAR_MS);
    expect(envelopes()).to.deep.equal([
      { kind: 'items', id: 7, firstSeq: 1, items: ['a'] },
      { kind: 'items', id: 7, firstSeq: 2, items: [] },
    ]);
  });

  it('was forgotten when something waits and nothing is let come for long, and not when there is nothing to send', async () => {
    const { stream } = streamOf(1);
    void stream.push('a');
    expect(stream.isIdle(FAR_MS)).to.equal(false);
    const waiting = stream.push('b');
    expect(stream.isIdle(0)).to.equal(false);
    expect(stream.isIdle(FAR_MS)).to.equal(true);
    stream.onCredit(1);
    await waiting;
    expect(stream.isIdle(FAR_MS)).to.equal(false);
  });

  it('cuts what one turn brings into envelopes that fit a frame', () => {
    const { stream, envelopes, put } = streamOf(64);
    for (let n = 0; n < 8; n++) void stream.push(Buffer.alloc(40_000, n));
    stream.flush();
    const seqs = envelopes().map((envelope) => (envelope.kind === 'items' ? envelope.firstSeq : 0));
    expect(seqs).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Math.max(...put.map(({ length }) => length))).to.be.below(limits.frameTargetBytes);
  });

  it('throws at who pushes after the end, and ends the inbox', async () => {
    const { stream } = streamOf(1);
    stream.end(new MeshError('INTERRUPTED', 'given up'));
    expectError('INTERRUPTED', () => stream.push(1));
    const said: unknown[] = [];
    for await (const body of stream.inbox) said.push(body);
    expect(said).to.deep.equal([]);
  });
});
