/** Actions that yield, over real sockets: as a stream for who asks for one, as one answer for who does not. */
import { expect } from 'chai';
import { Type } from 'typebox';
import type { ActionContext } from '../../../agents/sdk/define-agent.js';
import { limits } from '../../../common/core/limits.js';
import { decodeFrame, encodeRequest } from '../../../common/protocol/frames/envelope.js';
import type { RequestStream } from '../../../common/wire/streams/request-stream.js';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { ActionWorld } from './action-world.js';

const Upto = Type.Object({ upto: Type.Integer() });

async function all(stream: RequestStream): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('an action that yields', () => {
  let world: ActionWorld;
  let yielded: number;
  let ends: string[];
  const open = async () => {
    yielded = 0;
    ends = [];
    world = await ActionWorld.open({
      count: {
        input: Upto,
        items: Type.Integer({ maximum: 1_000_000 }),
        output: Type.Object({ sum: Type.Integer() }),
        async *run({ upto }: { upto: number }) {
          let sum = 0;
          try {
            for (let n = 1; n <= upto; n++) {
              yielded = n;
              yield n;
              sum += n;
            }
            ends.push('returned');
            return { sum };
          } finally {
            ends.push('finally');
          }
        },
      },
      wrong: {
        items: Type.Object({ at: Type.Array(Type.Integer()) }),
        async *run() {
          try {
            yield { at: [1, 2] };
            yield { at: [1, 'two'] };
          } finally {
            ends.push('finally');
          }
        },
      },
      throws: {
        async *run() {
          yield 1;
          throw new Error('in the middle');
        },
      },
      huge: {
        async *run() {
          const item = new Uint8Array(1_048_576);
          for (;;) yield item;
        },
      },
      steered: {
        async *run(_: unknown, { inbox }: ActionContext) {
          let said = 0;
          for await (const word of inbox) {
            said++;
            if (word === 'stop') break;
            yield { heard: word };
          }
          return { said };
        },
      },
      patient: {
        async *run(_: unknown, { signal }: ActionContext) {
          yield 'begun';
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          ends.push('heard');
          yield 'nobody reads this';
        },
      },
      plain: { input: Upto, run: async ({ upto }: { upto: number }) => ({ upto }) },
      returnsOne: {
        input: Upto,
        run: ({ upto }: { upto: number }) =>
          (async function* () {
            for (let n = 0; n < upto; n++) yield n;
          })(),
      },
    });
    return world.client();
  };
  afterEach(() => world.close());

  it('brings its items in order, and then its result', async () => {
    const client = await open();
    const stream = client.openStream('count', { upto: 5_000 });
    expect(await all(stream)).to.deep.equal(Array.from({ length: 5_000 }, (_, n) => n + 1));
    expect(await stream.result).to.deep.equal({ sum: 12_502_500 });
    expect(ends).to.deep.equal(['returned', 'finally']);
    expect(world.table.figures['count']).to.include({ calls: 1, failures: 0, running: 0 });
  });

  it('goes no faster than it is read', async () => {
    const client = await open();
    const stream = client.openStream('count', { upto: 1_000_000 }, { window: 10 });
    await until(() => stream.unreadCount === 10);
    expect(yielded).to.be.within(10, 11);
    for (let n = 1; n <= 100; n++) expect((await stream.next()).value).to.equal(n);
    await until(() => stream.unreadCount === 10);
    expect(yielded).to.be.at.most(111);
    await stream.return();
    await until(() => ends.length === 1);
    expect(ends).to.deep.equal(['finally']);
  });

  it('ends when its reader leaves, though it waits for something else', async () => {
    const client = await open();
    for await (const item of client.openStream('patient', {})) {
      expect(item).to.equal('begun');
      break;
    }
    await until(() => world.table.figures['patient']?.running === 0);
    expect(ends).to.deep.equal(['heard']);
    expect(world.table.figures['patient']).to.include({ givenUp: 1, failures: 0 });
    expect(world.failures).to.deep.equal([]);
  });

  it('ends when its reader has gone', async () => {
    await open();
    const gone = world.client();
    const stream = gone.openStream('count', { upto: 1_000_000 }, { window: 4 });
    await until(() => stream.unreadCount === 4);
    gone.close();
    await until(() => ends.length === 1);
    expect(ends).to.deep.equal(['finally']);
    await until(() => world.server.watchedCount === 0);
  });

  it('hears what its reader says, and can end the talk itself', async () => {
    const client = await open();
    const stream = client.openStream('steered', {});
    for (const word of ['left', 'right']) {
      await stream.say(word);
      expect((await stream.next()).value).to.deep.equal({ heard: word });
    }
    await stream.say('stop');
    expect(await stream.result).to.deep.equal({ said: 3 });
  });

  it('stops at an item that breaks its schema, and says which and where', async () => {
    const client = await open();
    const stream = client.openStream('wrong', {});
    expect((await stream.next()).value).to.deep.equal({ at: [1, 2] });
    const error = await expectRejection('INVALID_OUTPUT', stream.result);
    expect(error.message).to.equal('item 2 of tester.wrong is not valid: /at/1 must be integer');
    expect(ends).to.deep.equal(['finally']);
    expect(world.failures).to.have.length(1);
  });

  it('brings what it yielded before it threw', async () => {
    const client = await open();
    const stream = client.openStream('throws', {});
    expect((await stream.next()).value).to.equal(1);
    await expectRejection('ACTION_FAILED', stream.result);
    expect(world.table.figures['throws']).to.include({ failures: 1 });
  });

  it('gives items and result at once to who asks for no stream', async () => {
    const client = await open();
    expect(await world.ask(client, 'count', { upto: 3 })).to.deep.equal({ items: [1, 2, 3], result: { sum: 6 } });
    expect(await world.ask(client, 'returnsOne', { upto: 2 })).to.deep.equal({ items: [0, 1], result: {} });
    const requester = world.requester();
    await requester.send(encodeRequest(1, 'count', { upto: 2 }));
    const [frame] = await requester.receive();
    expect(decodeFrame(frame ?? Buffer.alloc(0))).to.deep.equal([
      { kind: 'reply', id: 1, body: { items: [1, 2], result: { sum: 3 } } },
    ]);
  });

  it('gives up when one answer cannot hold its items, by their number and by their bytes', async () => {
    const client = await open();
    const many = await expectRejection(
      'TOO_LARGE',
      world.ask(client, 'count', { upto: limits.streamItemsCollected + 1 }),
    );
    expect(many.hint).to.contain('stream');
    expect(yielded).to.equal(limits.streamItemsCollected + 1);
    await expectRejection('TOO_LARGE', world.ask(client, 'huge'));
    const most = (await world.ask(client, 'count', { upto: limits.streamItemsCollected })) as { items: unknown[] };
    expect(most.items).to.have.length(limits.streamItemsCollected);
  });

  it('may be asked for as a stream though it yields nothing', async () => {
    const client = await open();
    const stream = client.openStream('plain', { upto: 7 });
    expect(await all(stream)).to.deep.equal([]);
    expect(await stream.result).to.deep.equal({ upto: 7 });
  });
});
