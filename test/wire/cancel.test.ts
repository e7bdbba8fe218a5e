/** Requests that nobody waits for any more: who hears of it, when, and what is left behind. */
import { expect } from 'chai';
import { Router } from 'zeromq';
import type { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import {
  decodeFrame,
  encodeCancel,
  encodeCredit,
  encodeReply,
  encodeSay,
} from '../../common/protocol/frames/envelope.js';
import type { IncomingRequest } from '../../common/wire/answering/incoming-request.js';
import { expectRejection } from '../support/expect-error.js';
import { FaultProxy } from '../support/network/fault-proxy.js';
import { until } from '../support/wait-for.js';
import { lines, nextAnswers, request, WireWorld } from './wire-world.js';

/** A handler that answers when it is told to, and watches what it is told to watch. */
class Work {
  readonly requests: IncomingRequest[] = [];
  readonly reasons: MeshError[] = [];
  readonly #finish: (() => void)[] = [];

  readonly handle = (asked: IncomingRequest): unknown => {
    if (asked.method === 'echo') return asked.body;
    this.requests.push(asked);
    if (asked.method === 'watched') asked.onAbandoned((reason) => this.reasons.push(reason));
    return new Promise((resolve) => {
      this.#finish.push(() => resolve('done'));
    });
  };

  get codes(): string[] {
    return this.reasons.map(({ code }) => code);
  }

  finish(): void {
    for (const go of this.#finish.splice(0)) go();
  }
}

describe('a request that nobody waits for any more', () => {
  let world: WireWorld;
  let work: Work;
  beforeEach(() => {
    world = new WireWorld();
    work = new Work();
  });
  afterEach(async () => {
    work.finish();
    await world.close();
  });

  it('is told to its handler when its caller gives it up, and its answer is no stray', async () => {
    const server = await world.server(work.handle);
    const client = world.client(server.endpoint);
    const controller = new AbortController();
    const out = expectRejection('INTERRUPTED', client.send('watched', {}, { signal: controller.signal }));
    await until(() => work.requests.length === 1);
    const { signal } = work.requests[0] as IncomingRequest;
    expect(signal.aborted).to.equal(false);
    controller.abort();
    await out;
    await until(() => work.reasons.length === 1);
    expect(work.codes).to.deep.equal(['INTERRUPTED']);
    expect(signal.aborted).to.equal(true);
    expect(signal.reason).to.equal(work.reasons[0]);
    work.finish();
    expect(await client.send('echo', 1)).to.equal(1);
    expect(client.counters).to.include({ cancels: 1, strayReplies: 0, refusedFrames: 0 });
    expect(server.counters).to.include({ cancels: 1, replies: 1, errors: 1 });
    expect([client.pendingCount, server.watchedCount]).to.deep.equal([0, 0]);
  });

  it('is told when its time is over', async () => {
    const client = world.client((await world.server(work.handle)).endpoint);
    await client.send('echo', {});
    await expectRejection('TIMED_OUT', client.send('watched', {}, { timeoutMs: 30 }));
    await until(() => work.reasons.length === 1);
    expect(work.codes).to.deep.equal(['INTERRUPTED']);
  });

  it('is known as such to a handler that looks only later', async () => {
    const client = world.client((await world.server(work.handle)).endpoint);
    const controller = new AbortController();
    const out = expectRejection('INTERRUPTED', client.send('later', {}, { signal: controller.signal }));
    await until(() => work.requests.length === 1);
    controller.abort();
    await out;
    await client.send('echo', {});
    const [asked] = work.requests as [IncomingRequest];
    expect(asked.signal.aborted).to.equal(true);
    expect(asked.abandoned?.code).to.equal('INTERRUPTED');
    let told = 0;
    asked.onAbandoned(() => told++);
    expect(told).to.equal(1);
  });

  it('gets one answer, at once when its handler watches it and in the end when it does not', async () => {
    const server = await world.server(work.handle);
    const dealer = world.dealer(server.endpoint);
    await dealer.send(
      Buffer.concat([request(1, 'watched'), request(2, 'unwatched'), encodeCancel(1), encodeCancel(2)]),
    );
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['1 INTERRUPTED']);
    work.finish();
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['2 INTERRUPTED']);
    await dealer.send(request(3));
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['3 {"id":3}']);
  });

  it('is not taken for a later one of the same number, nor for that of another peer', async () => {
    const server = await world.server(work.handle);
    const [dealer, other] = [world.dealer(server.endpoint), world.dealer(server.endpoint)];
    await dealer.send(Buffer.concat([encodeCancel(1), request(1, 'later')]));
    await other.send(Buffer.concat([request(2, 'watched'), request(3)]));
    expect(lines(await nextAnswers(other))).to.deep.equal(['3 {"id":3}']);
    await dealer.send(Buffer.concat([encodeCancel(2), request(4)]));
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['4 {"id":4}']);
    expect(work.reasons).to.have.length(0);
    work.finish();
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['1 "done"']);
    expect(lines(await nextAnswers(other))).to.deep.equal(['2 "done"']);
  });

  it('is told when its caller has gone, and others go on', async () => {
    const server = await world.server(work.handle);
    const stays = world.client(server.endpoint);
    const kept = stays.send('watched', 'kept');
    const goes = world.client(server.endpoint);
    const lost = Array.from({ length: 3 }, () => expectRejection('CLOSED', goes.send('watched', {})));
    await until(() => work.requests.length === 4);
    goes.close();
    await Promise.all(lost);
    await until(() => work.reasons.length === 3);
    expect(work.codes).to.deep.equal(['CONNECTION_LOST', 'CONNECTION_LOST', 'CONNECTION_LOST']);
    expect(server.watchedCount).to.equal(1);
    work.finish();
    expect(await kept).to.equal('done');
    expect(stays.counters).to.include({ strayReplies: 0, refusedFrames: 0 });
  });

  it('is told to a handler that begins to look after its caller has gone', async () => {
    const server = await world.server(work.handle);
    const goes = world.client(server.endpoint);
    const lost = ['watched', 'later'].map((method) => expectRejection('CLOSED', goes.send(method, {})));
    await until(() => work.requests.length === 2);
    goes.close();
    await Promise.all(lost);
    await until(() => work.reasons.length === 1);
    const asked = work.requests.find(({ method }) => method === 'later') as IncomingRequest;
    expect(asked.signal.aborted).to.equal(false);
    await until(() => asked.signal.aborted);
    expect(asked.abandoned?.code).to.equal('CONNECTION_LOST');
  });

  it('is told when the connection broke, though its caller is there again', async () => {
    const server = await world.server(work.handle);
    const { hostname, port } = new URL(server.endpoint);
    const listen = { host: '127.0.0.1', port: 0 };
    const link = world.own(
      await FaultProxy.open({ routes: [{ listen, target: { host: hostname, port: Number(port) } }] }),
    );
    const client = world.client(`tcp://127.0.0.1:${link.ports[0]}`);
    const lost = ['watched', 'later'].map((method) => expectRejection('CONNECTION_LOST', client.send(method, {})));
    await until(() => work.requests.length === 2);
    link.cut();
    await Promise.all(lost);
    link.restore();
    expect(await client.send('echo', 'again')).to.equal('again');
    await until(() => work.requests.every(({ abandoned }) => abandoned !== undefined));
    work.finish();
    expect(await client.send('echo', 'and again')).to.equal('and again');
    expect(client.counters).to.include({ strayReplies: 0, refusedFrames: 0 });
  });

  it('costs a peer that was never asked nothing, and a server that is told of it a bounded memory', async () => {
    const server = await world.server(work.handle);
    const dealer = world.dealer(server.endpoint);
    const ids = Array.from({ length: limits.cancelsKept + 1 }, (_, n) => n + 10);
    await dealer.send(Buffer.concat([request(1, 'later'), encodeCancel(1), ...ids.map(encodeCancel), request(2)]));
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['2 {"id":2}']);
    // Its cancel was the oldest.
    expect(work.requests[0]?.abandoned).to.equal(undefined);
    expect(server.counters).to.include({ cancels: ids.length + 1, refusedFrames: 0 });
    await dealer.send(Buffer.concat([encodeCredit(99, 1), encodeSay(99, {}), request(3)]));
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['3 {"id":3}']);
  });

  it('is told when the server closes, after it had its time', async () => {
    const server = await world.server(work.handle);
    const client = world.client(server.endpoint);
    const out = expectRejection('CLOSED', client.send('watched', {}));
    await until(() => work.requests.length === 1);
    const closed = server.close();
    expect(work.reasons).to.have.length(0);
    await closed;
    await out;
    expect(work.codes).to.deep.equal(['CLOSED']);
  });
});

describe('a callee that does not keep to the protocol', () => {
  it('leaves nothing with its caller: one answer counts, and the others are counted', async () => {
    const world = new WireWorld();
    const router = world.own(new Router({ linger: 0 }));
    await router.bind('tcp://127.0.0.1:0');
    const client = world.client(router.lastEndpoint ?? '');
    const answer = client.send('echo', {});
    const [id, frame] = await router.receive();
    const [asked] = decodeFrame(frame ?? Buffer.alloc(0));
    const reply = encodeReply(asked?.kind === 'request' ? asked.id : 0, 'heard');
    await router.send([id ?? '', Buffer.concat(new Array(10_000).fill(reply))]);
    expect(await answer).to.equal('heard');
    expect(client.counters).to.include({ strayReplies: 9_999, refusedFrames: 0 });
    const given = client.send('echo', {}, { timeoutMs: 30 });
    const [, second] = await router.receive();
    const [late] = decodeFrame(second ?? Buffer.alloc(0));
    await expectRejection('TIMED_OUT', given);
    const lateReply = encodeReply(late?.kind === 'request' ? late.id : 0, 'late');
    await router.send([id ?? '', Buffer.concat([lateReply, lateReply])]);
    await until(() => client.counters.strayReplies === 10_000);
    expect(client.pendingCount).to.equal(0);
    await world.close();
  });
});
