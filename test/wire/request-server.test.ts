/** A control socket and its peers: those that speak its protocol, in both forms, and those that do not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Dealer, Router } from 'zeromq';
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
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { expectRejection } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { type Answers, FRAME_BYTES_MAX, lines, nextAnswers, request, WireWorld } from './wire-world.js';

describe('a request server', () => {
  let world: WireWorld;
  let answers: Answers;
  beforeEach(() => {
    world = new WireWorld();
    answers = world.answers;
  });
  afterEach(() => world.close());

  describe('and a REQ socket', () => {
    it('exchange one envelope for one', async () => {
      const socket = world.requester((await world.server(answers.handle)).endpoint);
      for (const id of [1, 2, 3]) {
        await socket.send(request(id));
        expect(lines(await nextAnswers(socket))).to.deep.equal([`${id} {"id":${id}}`]);
      }
    });

    const refused: readonly [string, Buffer | Buffer[], string][] = [
      ['two envelopes in a frame', Buffer.concat([request(1), request(2)]), '0 BAD_FRAME'],
      ['two parts', [request(1), request(2)], '0 BAD_FRAME'],
      ['an empty frame', Buffer.alloc(0), '0 BAD_FRAME'],
      ['bytes that are no MessagePack', Buffer.from([0xc1]), '0 BAD_FRAME'],
      ['MessagePack that is no envelope', encode('hello'), '0 BAD_FRAME'],
      ['another version', encode([2, 1, 7, 'echo', {}]), '7 BAD_VERSION'],
      ['an unknown kind', encode([1, 9, 7, 'echo', {}]), '7 BAD_FRAME'],
      ['a cancel: it has one request at a time', encodeCancel(7), '7 BAD_FRAME'],
      ['credit', encodeCredit(7, 1), '7 BAD_FRAME'],
      ['something said', encodeSay(7, {}), '7 BAD_FRAME'],
      ['items', encodeItems(7, 1, []), '0 BAD_FRAME'],
      ['a reply', encodeReply(7, {}), '0 BAD_FRAME'],
    ];
    it('get no stream', async () => {
      const server = await world.server(answers.handle);
      const socket = world.requester(server.endpoint);
      await socket.send(encodeRequest(7, 'echo', {}, { credit: 1 }));
      expect(lines(await nextAnswers(socket))).to.deep.equal(['7 BAD_FRAME']);
      expect(answers.seen).to.have.length(0);
    });

    for (const [title, message, line] of refused) {
      it(`go on after a refusal: ${title}`, async () => {
        const server = await world.server(answers.handle);
        const socket = world.requester(server.endpoint);
        await socket.send(message);
        expect(lines(await nextAnswers(socket))).to.deep.equal([line]);
        expect(server.counters.refusedFrames).to.equal(1);
        expect(answers.seen).to.have.length(0);
        await socket.send(request(9));
        expect(lines(await nextAnswers(socket))).to.deep.equal(['9 {"id":9}']);
      });
    }
  });

  describe('and a DEALER socket', () => {
    it('put many envelopes into a frame, and every request gets its answer', async () => {
      const dealer = world.dealer((await world.server(answers.handle)).endpoint);
      const ids = Array.from({ length: 2_000 }, (_, n) => n);
      await dealer.send(Buffer.concat(ids.map((id) => request(id))));
      const got: string[] = [];
      while (got.length < ids.length) got.push(...lines(await nextAnswers(dealer)));
      expect(got).to.deep.equal(ids.map((id) => `${id} {"id":${id}}`));
    });

    it('go on after a refusal of parts and bytes', async () => {
      const server = await world.server(answers.handle);
      const dealer = world.dealer(server.endpoint);
      for (const message of [
        Buffer.alloc(0),
        Buffer.from([0xc1]),
        [request(1), request(2)],
        [request(1), '', 'x', 'y'],
      ]) {
        await dealer.send(message);
        expect(lines(await nextAnswers(dealer))).to.deep.equal(['0 BAD_FRAME']);
      }
      await dealer.send(new Array(10_000).fill('x'));
      expect(lines(await nextAnswers(dealer))).to.deep.equal(['0 BAD_FRAME']);
      await dealer.send(request(9));
      expect(lines(await nextAnswers(dealer))).to.deep.equal(['9 {"id":9}']);
      expect(server.counters).to.include({ refusedFrames: 5, requests: 1 });
    });

    it('refuse one envelope of a frame and serve the others', async () => {
      const dealer = world.dealer((await world.server(answers.handle)).endpoint);
      await dealer.send(Buffer.concat([request(1), encode([2, 1, 2, 'echo', {}]), request(3)]));
      expect(lines(await nextAnswers(dealer))).to.deep.equal(['1 {"id":1}', '2 BAD_VERSION', '3 {"id":3}']);
    });

    it('may speak like a REQ socket, and in both forms at once: each answer has the form of its request', async () => {
      const dealer = world.dealer((await world.server(answers.handle)).endpoint);
      await dealer.send(['', request(1)]);
      await dealer.send(request(2));
      await dealer.send(['', request(3)]);
      const forms = new Map<number, number>();
      while (forms.size < 3) {
        const parts = await dealer.receive();
        const [answer] = lines(decodeFrame(parts.at(-1) as Buffer));
        forms.set(Number(answer?.split(' ')[0]), parts.length);
      }
      expect([...forms].sort()).to.deep.equal([
        [1, 2],
        [2, 1],
        [3, 2],
      ]);
    });
  });

  it('disconnects who sends an oversize frame, lives, and serves others', async () => {
    const server = await world.server(answers.handle, { frameBytesMax: 65_536 });
    const other = world.dealer(server.endpoint);
    const large = world.dealer(server.endpoint);
    const disconnected = new Promise((resolve) => large.events.on('disconnect', resolve));
    await large.send(request(1, 'echo', 'x'.repeat(100_000)));
    await disconnected;
    await other.send(request(2));
    expect(lines(await nextAnswers(other))).to.deep.equal(['2 {"id":2}']);
    expect(answers.seen.map(({ id }) => id)).to.deep.equal([2]);
  });

  it('answers quick requests while slow ones are in hand', async () => {
    const dealer = world.dealer((await world.server(answers.handle)).endpoint);
    await dealer.send(Buffer.concat([request(1, 'slow'), request(2), request(3, 'slow'), request(4)]));
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['2 {"id":2}', '4 {"id":4}']);
    answers.release();
    expect(lines(await nextAnswers(dealer))).to.deep.equal(['1 {"id":1}', '3 {"id":3}']);
  });

  it('loses no answer that comes while earlier ones are being sent', async () => {
    const server = await world.server(async (asked) => {
      for (let turn = 0; turn < asked.id % 7; turn++) await null;
      return asked.body;
    });
    const client = world.client(server.endpoint);
    const ids = Array.from({ length: 20_000 }, (_, n) => n);
    let next = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        for (let id = next++; id < ids.length; id = next++) expect(await client.send('echo', id)).to.equal(id);
      }),
    );
    expect(server.counters).to.include({ requests: ids.length, replies: ids.length, droppedReplies: 0 });
  });

  it('hands out what a handler throws, and blandly what it did not mean to', async () => {
    const table = new MethodTable()
      .add('meant', () => {
        throw new MeshError('CONFLICT', 'taken', { hint: 'take another', details: { by: 'me' } });
      })
      .add('bug', () => Promise.reject(new TypeError('secret')))
      .add('odd', () => {
        throw new MeshError('CONFLICT', 'odd', { details: { set: new Set() } });
      })
      .add('unsendable', () => new Set())
      .add('large', () => 'x'.repeat(FRAME_BYTES_MAX))
      .add('nothing', () => undefined);
    const client = world.client((await world.server(table.handle)).endpoint);
    const meant = await expectRejection('CONFLICT', client.send('meant', {}));
    expect(meant.toBody()).to.deep.equal({
      code: 'CONFLICT',
      message: 'taken',
      hint: 'take another',
      details: { by: 'me' },
    });
    expect((await expectRejection('INTERNAL', client.send('bug', {}))).message).to.not.contain('secret');
    expect((await expectRejection('CONFLICT', client.send('odd', {}))).details).to.equal(undefined);
    expect((await expectRejection('INVALID_OUTPUT', client.send('unsendable', {}))).message).to.contain('Set');
    expect((await expectRejection('TOO_LARGE', client.send('large', {}))).message).to.contain('answer of large');
    expect(await client.send('nothing', {})).to.deep.equal({});
    expect(world.bugs.map(String)).to.deep.equal([
      'TypeError: secret',
      'MeshError: the answer of unsendable cannot be sent: the value cannot be encoded as MessagePack: a Set has no MessagePack form',
    ]);
  });

  it('checks input before a handler sees it, and names what comes near an unknown method', async () => {
    let asked = 0;
    const table = new MethodTable().serve({
      'node.ready': () => {
        asked++;
        return {};
      },
    });
    const client = world.client((await world.server(table.handle)).endpoint);
    expect((await expectRejection('INVALID_INPUT', client.send('node.ready', { agent: 'A' }))).message).to.equal(
      'the input of node.ready is not valid: it lacks "epoch"',
    );
    expect((await expectRejection('UNKNOWN_METHOD', client.send('node.redy', {}))).hint).to.equal(
      'did you mean node.ready?',
    );
    expect((await expectRejection('UNKNOWN_METHOD', client.send('zzz', {}))).hint).to.equal('there are: node.ready');
    expect(asked).to.equal(0);
    expect(await client.request('node.ready', { agent: 'a', epoch: 1 })).to.deep.equal({});
    expect(() => table.add('node.ready', () => 1)).to.throw('defined twice');
  });

  it('keeps a bounded part of what a peer does not read, counts the rest, and serves others', async () => {
    const body = Buffer.alloc(256 * 1_024);
    const server = await world.server((asked) => (asked.method === 'large' ? body : asked.body));
    const deaf = world.own(new Dealer({ linger: 0, receiveHighWaterMark: 1 }));
    deaf.connect(server.endpoint);
    const count = Math.ceil(limits.peerQueueBytesMax / body.length) + 2 * limits.requestHighWaterMark + 200;
    for (let id = 1; id <= count; id++) await deaf.send(request(id, 'large'));
    await until(() => server.counters.requests === count);
    expect(server.counters.droppedReplies).to.be.greaterThan(0);
    expect(await world.client(server.endpoint).send('echo', 'served')).to.equal('served');
  });

  it('forgets a peer that went away before its answer, and counts what it did not get', async () => {
    const server = await world.server(answers.handle);
    const client = world.client(server.endpoint);
    for (let round = 0; server.counters.droppedReplies === 0; round++) {
      const dealer = world.dealer(server.endpoint);
      await dealer.send(Buffer.concat([request(1, 'slow'), request(2, 'slow'), request(3)]));
      await nextAnswers(dealer);
      dealer.close();
      // The news of a broken connection takes its time: more round trips from round to round.
      for (let trip = 0; trip <= round; trip++) await client.send('echo', {});
      answers.release();
      await client.send('echo', {});
    }
    expect(server.counters.droppedReplies).to.equal(2);
  });

  it('serves the new connection of a peer that came back while it was busy', async () => {
    const server = await world.server(answers.handle);
    for (let round = 0; round < 5; round++) {
      const before = world.dealer(server.endpoint, 'same-id');
      await before.send(request(1));
      await nextAnswers(before);
      const after = world.dealer(server.endpoint, 'same-id');
      if (round % 2 === 0) before.close();
      await after.send(request(2));
      // The event loop stands still while libzmq connects, shakes hands and receives.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      expect(lines(await nextAnswers(after))).to.deep.equal(['2 {"id":2}']);
      before.close();
      after.close();
    }
  });

  describe('that closes', () => {
    it('answers what is in hand and refuses what comes then', async () => {
      const server = await world.server(answers.handle);
      const client = world.client(server.endpoint);
      const inHand = client.send('slow', 'in hand');
      await until(() => answers.seen.length === 1);
      const closed = server.close();
      await expectRejection('CLOSED', client.send('echo', 'late'));
      answers.release();
      expect(await inHand).to.equal('in hand');
      await closed;
      await server.close();
    });

    it('does not wait for ever for a handler that never ends', async () => {
      const server = await world.server(answers.handle);
      const client = world.client(server.endpoint);
      const lost = expectRejection('CONNECTION_LOST', client.send('never', {}));
      await until(() => answers.seen.length === 1);
      await Promise.all([server.close(), server.close()]);
      await lost;
    });

    it('lives, though its peers go at the same moment', async () => {
      const program = fileURLToPath(new URL('../fixtures/parting-servers.js', import.meta.url));
      const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'] });
      expect(await once(child, 'exit')).to.deep.equal([0, null]);
    });

    it('gives its port back', async () => {
      const first = await world.server(answers.handle);
      await first.close();
      const second = await world.server(answers.handle, { endpoint: first.endpoint });
      expect(second.endpoint).to.equal(first.endpoint);
    });
  });

  it('lives when a connection is reset that its peer had before it came back', async () => {
    const program = fileURLToPath(new URL('../fixtures/taken-over-connection.js', import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
  });

  it('says which port is taken, for what, and what to do', async () => {
    const { endpoint } = await world.server(answers.handle);
    const error = await expectRejection(
      'PORT_IN_USE',
      world.server(answers.handle, { endpoint, purpose: 'the node of pc2' }),
    );
    expect(error.message).to.equal(`the node of pc2 cannot listen on ${endpoint}: the port is taken`);
    expect(error.hint).to.contain('mesh port check');
  });

  it('says why it cannot listen', async () => {
    for (const endpoint of ['tcp://192.0.2.1:0', 'tcp://nowhere', 'smoke://signals']) {
      const error = await expectRejection('START_FAILED', world.server(answers.handle, { endpoint }));
      expect(error.message).to.contain(endpoint);
    }
  });

  it('keeps no router that could not listen', async () => {
    const taken = world.own(new Router());
    await taken.bind('tcp://127.0.0.1:0');
    const endpoint = taken.lastEndpoint ?? '';
    await expectRejection('PORT_IN_USE', world.server(answers.handle, { endpoint }));
    taken.close();
    await until(() =>
      world.server(answers.handle, { endpoint }).then(
        () => true,
        () => false,
      ),
    );
  });
});
