/** A client and all the ways in which an answer does not come. Every request settles, once, with the right error. */
import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { Router } from 'zeromq';
import { limits } from '../../common/core/limits.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { decodeFrame, encodeReply } from '../../common/protocol/frames/envelope.js';
import { expectRejection } from '../support/expect-error.js';
import { FaultProxy } from '../support/network/fault-proxy.js';
import { until } from '../support/wait-for.js';
import { type Answers, FRAME_BYTES_MAX, WireWorld } from './wire-world.js';

describe('a request client', () => {
  let world: WireWorld;
  let answers: Answers;
  beforeEach(() => {
    world = new WireWorld();
    answers = world.answers;
  });
  afterEach(() => world.close());

  /** A link to the server that the test can cut. */
  async function linkTo(endpoint: string): Promise<{ link: FaultProxy; endpoint: string }> {
    const { hostname, port } = new URL(endpoint);
    const listen = { host: '127.0.0.1', port: 0 };
    const link = world.own(
      await FaultProxy.open({ routes: [{ listen, target: { host: hostname, port: Number(port) } }] }),
    );
    return { link, endpoint: `tcp://127.0.0.1:${link.ports[0]}` };
  }

  it('matches many answers to many requests', async () => {
    const client = world.client((await world.server(answers.handle)).endpoint);
    const ids = Array.from({ length: 5_000 }, (_, n) => n);
    expect(await Promise.all(ids.map((id) => client.send('echo', id)))).to.deep.equal(ids);
    expect(client.pendingCount).to.equal(0);
    expect(client.counters).to.include({ requests: ids.length, timeouts: 0, strayReplies: 0, refusedFrames: 0 });
  });

  it('tells its peer how long it will wait, and what its caller adds', async () => {
    const client = world.client((await world.server(answers.handle)).endpoint);
    await client.send('echo', {}, { timeoutMs: 1_234 }, { from: 'a@main' });
    expect(answers.seen[0]?.meta).to.deep.equal({ timeoutMs: 1_234, from: 'a@main' });
  });

  describe('fails a request', () => {
    it('as TIMED_OUT when it was sent and not answered', async () => {
      const client = world.client((await world.server(answers.handle)).endpoint);
      await client.send('echo', {});
      const error = await expectRejection('TIMED_OUT', client.send('never', {}, { timeoutMs: 30 }));
      expect(error.message).to.equal(`the server (${client.endpoint}) did not answer never within 30 ms`);
      expect(client.pendingCount).to.equal(0);
    });

    it('as UNREACHABLE when it never left', async () => {
      const client = world.client(await world.quietEndpoint());
      const error = await expectRejection('UNREACHABLE', client.send('echo', {}, { timeoutMs: 30 }));
      expect(error.message).to.contain(client.endpoint);
      expect(error.retryable).to.equal(true);
    });

    it('as CONNECTION_LOST the moment the connection breaks', async () => {
      const { link, endpoint } = await linkTo((await world.server(answers.handle)).endpoint);
      const links: boolean[] = [];
      const client = world.client(endpoint, { onLink: (up) => links.push(up) });
      const lost = expectRejection('CONNECTION_LOST', client.send('never', {}, { timeoutMs: 3_600_000 }));
      await until(() => answers.seen.length === 1);
      link.cut();
      expect((await lost).hint).to.contain('it may have run');
      expect(links).to.deep.equal([true, false]);
      expect(client.up).to.equal(false);
      link.restore();
      expect(await client.send('echo', 'again')).to.equal('again');
    });

    it('as INTERRUPTED when its caller gives up, before, while and after it is out', async () => {
      const client = world.client((await world.server(answers.handle)).endpoint);
      const controller = new AbortController();
      const { signal } = controller;
      expect(await client.send('echo', 1, { signal })).to.equal(1);
      const out = expectRejection('INTERRUPTED', client.send('slow', {}, { signal }));
      await until(() => answers.seen.length === 2);
      controller.abort();
      await out;
      await expectRejection('INTERRUPTED', client.send('echo', {}, { signal }));
      answers.release();
      expect(await client.send('echo', 'after')).to.equal('after');
      expect(client.counters).to.include({ cancels: 1, strayReplies: 0 });
      expect(answers.seen).to.have.length(3);
    });

    it('as TOO_LARGE or INVALID_INPUT before it is sent', async () => {
      const client = world.client((await world.server(answers.handle)).endpoint);
      await expectRejection('TOO_LARGE', client.send('echo', 'x'.repeat(FRAME_BYTES_MAX)));
      await expectRejection('INVALID_INPUT', client.send('echo', new Set()));
      expect(client.counters.requests).to.equal(0);
    });

    it('as CLOSED when it is closed, with all that is out', async () => {
      const client = world.client((await world.server(answers.handle)).endpoint);
      const out = [client.send('never', 1), client.send('never', 2)].map((work) => expectRejection('CLOSED', work));
      client.close();
      client.close();
      await Promise.all(out);
      await expectRejection('CLOSED', client.send('echo', {}));
      expect(client.pendingCount).to.equal(0);
    });

    it('as QUEUE_FULL beyond the requests that may be out', async () => {
      const client = world.client(await world.quietEndpoint());
      const out = Array.from({ length: limits.pendingRequestsMax }, () =>
        client.send('echo', {}).catch((error: unknown) => error),
      );
      expect((await expectRejection('QUEUE_FULL', client.send('echo', {}))).retryable).to.equal(true);
      client.close();
      await Promise.all(out);
    });
  });

  it('leaves nothing with a signal that outlives the request', async () => {
    const client = world.client((await world.server(answers.handle)).endpoint);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 100 }, () => client.send('echo', {}, { signal })));
    await expectRejection('TIMED_OUT', client.send('never', {}, { signal, timeoutMs: 20 }));
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
  });

  it('never sends later what it gave up, and gives back its room', async () => {
    const endpoint = await world.quietEndpoint();
    const client = world.client(endpoint);
    const body = 'x'.repeat(FRAME_BYTES_MAX / 2);
    const fits = limits.peerQueueBytesMax / FRAME_BYTES_MAX;
    for (let round = 0; round < 3; round++) {
      const out = Array.from({ length: fits }, () =>
        expectRejection('UNREACHABLE', client.send('given.up', body, { timeoutMs: 20 })),
      );
      await Promise.all(out);
    }
    const wanted = client.send('wanted', 1, { timeoutMs: 10_000 });
    await world.server(answers.handle, { endpoint });
    expect(await wanted).to.equal(1);
    expect(answers.seen.map(({ method }) => method)).to.deep.equal(['wanted']);
  });

  it('refuses with QUEUE_FULL when the bytes that wait are too many, and takes more once they have left', async () => {
    const endpoint = await world.quietEndpoint();
    const client = world.client(endpoint);
    const body = 'x'.repeat(FRAME_BYTES_MAX / 2);
    const fits = Math.floor(limits.peerQueueBytesMax / (FRAME_BYTES_MAX / 2 + 100));
    const out = Array.from({ length: fits }, () => client.send('echo', body, { timeoutMs: 10_000 }));
    await expectRejection('QUEUE_FULL', client.send('echo', body));
    await world.server(answers.handle, { endpoint });
    await Promise.all(out);
    expect(await client.send('echo', 'room again')).to.equal('room again');
  });

  it('recovers by itself when its server comes back on the same port', async () => {
    const first = await world.server(answers.handle, { endpoint: await world.quietEndpoint() });
    const client = world.client(first.endpoint);
    for (let round = 0, server = first; round < 3; round++) {
      expect(await client.send('echo', round)).to.equal(round);
      await server.close();
      // Broken when it left before the end was noticed; then it is up to its caller to ask again.
      const waiting = client
        .send('echo', 'waits', { timeoutMs: 10_000 })
        .catch(() => client.send('echo', 'waits', { timeoutMs: 10_000 }));
      server = await world.server(answers.handle, { endpoint: first.endpoint });
      expect(await waiting).to.equal('waits');
    }
  });

  it('keeps its connection when methods are slow but the peer is not', async () => {
    const client = world.client((await world.server(answers.handle)).endpoint);
    await client.send('echo', 'connected');
    const longPoll = client.send('slow', 'worth waiting for', { timeoutMs: 3_600_000 });
    for (let round = 0; round < 3; round++) {
      const out = Array.from({ length: 5 }, () => client.send('never', {}, { timeoutMs: 20 }));
      await Promise.all(out.map((work) => expectRejection('TIMED_OUT', work)));
      await until(() => client.pendingCount === 1);
    }
    answers.release();
    expect(await longPoll).to.equal('worth waiting for');
    expect(client.counters.reconnects).to.equal(0);
  });

  it('takes a new connection when the old one only swallows', async () => {
    const router = world.own(new Router({ linger: 0 }));
    await router.bind('tcp://127.0.0.1:0');
    const client = world.client(router.lastEndpoint ?? '');
    let deaf: string | undefined;
    const served = (async () => {
      for await (const [id, frame] of router) {
        deaf ??= id?.toString();
        if (id === undefined || frame === undefined || id.toString() === deaf) continue;
        for (const envelope of decodeFrame(frame))
          if (envelope.kind === 'request') await router.send([id, encodeReply(envelope.id, 'heard')]);
      }
    })();
    await until(() => client.up);
    const out = Array.from({ length: 3 }, () => client.send('echo', {}, { timeoutMs: 20 }));
    await Promise.all(out.map((work) => expectRejection('TIMED_OUT', work)));
    await until(() => client.counters.reconnects === 1);
    expect(await client.send('echo', {})).to.equal('heard');
    router.close();
    await served;
  });

  it('counts what a peer sends that it did not ask for, and goes on', async () => {
    const router = world.own(new Router({ linger: 0 }));
    await router.bind('tcp://127.0.0.1:0');
    const client = world.client(router.lastEndpoint ?? '');
    const answer = client.send('echo', {});
    const [id, frame] = await router.receive();
    const [asked] = decodeFrame(frame ?? Buffer.alloc(0));
    const asks = asked?.kind === 'request' ? asked.id : 0;
    await router.send([id ?? '', Buffer.from([0xc1])]);
    await router.send([id ?? '', 'three', 'parts', 'more']);
    await router.send([id ?? '', encodeReply(999, 'stray')]);
    await router.send([id ?? '', encode([1, 1, asks, 'echo', {}])]);
    await router.send([id ?? '', '', encodeReply(asks, 'in the form of REP')]);
    expect(await answer).to.equal('in the form of REP');
    expect(client.counters).to.include({ strayReplies: 1, refusedFrames: 3 });
  });

  it('fails the request whose answer is of another version', async () => {
    const router = world.own(new Router({ linger: 0 }));
    await router.bind('tcp://127.0.0.1:0');
    const client = world.client(router.lastEndpoint ?? '');
    const answer = expectRejection('BAD_VERSION', client.send('echo', {}));
    const [id] = await router.receive();
    await router.send([id ?? '', encode([2, 2, 1, 'later'])]);
    await answer;
  });
});
