/** Calls that bear an idempotency key, over real sockets: how often they run, and what a repeat gets. */
import { expect } from 'chai';
import { Type } from 'typebox';
import type { ActionContext } from '../../../agents/sdk/define-agent.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { expectRejection } from '../../support/expect-error.js';
import { until } from '../../support/wait-for.js';
import { ActionWorld, outcomes } from './action-world.js';

const Order = Type.Object({ item: Type.String(), count: Type.Optional(Type.Integer({ default: 1 })) });

describe('a call with an idempotency key', () => {
  let world: ActionWorld;
  let runs: unknown[];
  const pay = async ({ item }: { item: string }) => {
    runs.push(item);
    await world.gates.hold(item);
    if (item === 'refused') throw new Error('no money');
    return { receipt: runs.length };
  };
  const open = async () => {
    runs = [];
    world = await ActionWorld.open({
      pay: { input: Order, run: pay },
      look: { input: Order, idempotent: true, run: pay },
      narrow: { input: Order, concurrency: 1, queueMax: 0, run: pay },
      now: { run: () => ({ runs: runs.push('now') }) },
      odd: { run: () => ({ odd: Symbol('no form on the wire') }) },
      wait: {
        input: Order,
        run: async (_: unknown, { signal }: ActionContext) => {
          runs.push('wait');
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
      count: {
        async *run() {
          runs.push('count');
          yield 1;
          yield 2;
          return 'done';
        },
      },
    });
    return world.client();
  };
  afterEach(() => world.close());

  it('runs once, however often it is asked while it runs and afterwards', async () => {
    const client = await open();
    const other = world.client();
    const key = 'order-1';
    const first = world.ask(client, 'pay', { item: 'bread' }, { key });
    const second = world.ask(other, 'pay', { item: 'bread' }, { key });
    await until(() => world.table.figures['pay']?.repeats === 1);
    world.gates.open('bread');
    expect(await Promise.all([first, second])).to.deep.equal([{ receipt: 1 }, { receipt: 1 }]);
    expect(await world.ask(other, 'pay', { item: 'bread' }, { key, from: 'another@pc2' })).to.deep.equal({
      receipt: 1,
    });
    expect(runs).to.deep.equal(['bread']);
    expect(world.table.counters).to.include({ keysJoined: 1, keysAnswered: 1, keyConflicts: 0 });
  });

  it('means its own action, and runs beside other keys and calls without one', async () => {
    const client = await open();
    const asked = [
      world.ask(client, 'pay', { item: 'bread' }, { key: 'k' }),
      world.ask(client, 'look', { item: 'bread' }, { key: 'k' }),
      world.ask(client, 'pay', { item: 'bread' }, { key: 'other' }),
      world.ask(client, 'pay', { item: 'bread' }),
    ];
    await until(() => runs.length === 4);
    world.gates.openAll();
    expect(await outcomes(asked)).to.deep.equal(['ok', 'ok', 'ok', 'ok']);
  });

  it('is refused with another input, and is the same with a default that is spelled out', async () => {
    const client = await open();
    const first = world.ask(client, 'pay', { item: 'bread' }, { key: 'k' });
    const error = await expectRejection('CONFLICT', world.ask(client, 'pay', { item: 'butter' }, { key: 'k' }));
    expect(error.retryable).to.equal(false);
    const same = world.ask(client, 'pay', { item: 'bread', count: 1 }, { key: 'k' });
    await until(() => world.table.figures['pay']?.repeats === 1);
    world.gates.openAll();
    expect(await Promise.all([first, same])).to.deep.equal([{ receipt: 1 }, { receipt: 1 }]);
    await expectRejection('CONFLICT', world.ask(client, 'pay', { item: 'butter' }, { key: 'k' }));
    expect(runs).to.deep.equal(['bread']);
  });

  it('gets the failure again: it may have had its effect', async () => {
    const client = await open();
    const first = world.ask(client, 'pay', { item: 'refused' }, { key: 'k' });
    await until(() => runs.length === 1);
    world.gates.openAll();
    const error = await expectRejection('ACTION_FAILED', first);
    const again = await expectRejection('ACTION_FAILED', world.ask(client, 'pay', { item: 'refused' }, { key: 'k' }));
    expect(again.toBody()).to.deep.equal(error.toBody());
    expect(runs).to.have.length(1);
    expect(world.failures, 'its author hears of it once').to.have.length(1);
  });

  it('runs anew after a failure where the action says that this does no harm', async () => {
    const client = await open();
    for (const count of [1, 2]) {
      const call = world.ask(client, 'look', { item: 'refused' }, { key: 'k' });
      await until(() => runs.length === count);
      world.gates.openAll();
      await expectRejection('ACTION_FAILED', call);
    }
  });

  it('leaves its key free when it did not run', async () => {
    const client = await open();
    const running = world.ask(client, 'narrow', { item: 'first' });
    await until(() => runs.length === 1);
    await expectRejection('OVERLOADED', world.ask(client, 'narrow', { item: 'bread' }, { key: 'k' }));
    await expectRejection('INVALID_INPUT', world.ask(client, 'narrow', { item: 7 }, { key: 'k' }));
    world.gates.openAll();
    await running;
    const again = world.ask(client, 'narrow', { item: 'butter' }, { key: 'k' });
    await until(() => runs.length === 2);
    world.gates.openAll();
    expect(await again).to.deep.equal({ receipt: 2 });
  });

  it('runs once where the action answers in the same turn, or with what cannot be sent', async () => {
    const client = await open();
    for (let n = 0; n < 3; n++) expect(await world.ask(client, 'now', {}, { key: 'k' })).to.deep.equal({ runs: 1 });
    for (let n = 0; n < 2; n++) await expectRejection('INVALID_OUTPUT', world.ask(client, 'odd', {}, { key: 'k' }));
  });

  it('goes on when one of two callers gives up, and when the connection of its only one breaks', async () => {
    const client = await open();
    const giving = new AbortController();
    const meta = { key: 'k' };
    const given = client.send('pay', { item: 'bread' }, { signal: giving.signal }, meta);
    const kept = world.ask(client, 'pay', { item: 'bread' }, meta);
    await until(() => world.table.figures['pay']?.repeats === 1);
    giving.abort();
    await expectRejection('INTERRUPTED', given);
    const gone = world.client();
    const lost = expectRejection('CLOSED', world.ask(gone, 'pay', { item: 'butter' }, { key: 'other' }));
    await until(() => runs.length === 2);
    gone.close();
    await lost;
    world.gates.openAll();
    expect(await kept).to.deep.equal({ receipt: 2 });
    expect(await world.ask(client, 'pay', { item: 'butter' }, { key: 'other' })).to.deep.equal({ receipt: 2 });
  });

  it('is given up when all who asked have, a moment later', async () => {
    const client = await open();
    const giving = new AbortController();
    const asked = [1, 2].map(() => client.send('wait', { item: 'bread' }, { signal: giving.signal }, { key: 'k' }));
    await until(() => world.table.figures['wait']?.repeats === 1);
    giving.abort();
    expect(await outcomes(asked)).to.deep.equal(['INTERRUPTED', 'INTERRUPTED']);
    await until(() => world.server.counters.cancels === 2);
    expect(world.table.figures['wait']?.running, 'nobody else may come for a moment').to.equal(1);
    await until(() => world.table.figures['wait']?.running === 0);
    expect(world.table.figures['wait']).to.include({ givenUp: 1, failures: 0 });
  });

  it('has as much time as the caller who waits longest', async () => {
    const client = await open();
    await world.ask(client, 'now'); // connected
    const late = world.ask(client, 'wait', { item: 'bread' }, { key: 'k', timeoutMs: 100 });
    const patient = world.ask(client, 'wait', { item: 'bread' }, { key: 'k', timeoutMs: 400 });
    const startedMs = performance.now();
    await expectRejection('TIMED_OUT', late);
    await expectRejection('TIMED_OUT', patient);
    await until(() => world.table.figures['wait']?.running === 0);
    expect(performance.now() - startedMs).to.be.at.least(390);
  });

  it('holds for a generator whose items come as one answer, and never tells a stream twice', async () => {
    const client = await open();
    for (let n = 0; n < 2; n++)
      expect(await world.ask(client, 'count', {}, { key: 'k' })).to.deep.equal({ items: [1, 2], result: 'done' });
    expect(runs).to.deep.equal(['count']);
    const stream = client.openStream('count', {}, {}, { key: 'streamed' });
    expect(await stream.result).to.equal('done');
    await expectRejection('CONFLICT', client.openStream('count', {}, {}, { key: 'streamed' }).result);
    await expectRejection('CONFLICT', world.ask(client, 'count', {}, { key: 'streamed' }));
    expect(runs).to.deep.equal(['count', 'count']);
  });

  it('is not heeded when it is longer than a key may be', async () => {
    const client = await open();
    const key = 'k'.repeat(limits.idempotencyKeyLengthMax + 1);
    for (let n = 1; n <= 2; n++) expect(await world.ask(client, 'now', {}, { key })).to.deep.equal({ runs: n });
  });

  it('keeps the error of a nested call from looking like one of its own', async () => {
    await open();
    await world.close();
    let count = 0;
    world = await ActionWorld.open({
      relay: {
        run: () => {
          count++;
          throw new MeshError('OVERLOADED');
        },
      },
    });
    const client = world.client();
    for (let n = 0; n < 2; n++) await expectRejection('OVERLOADED', world.ask(client, 'relay', {}, { key: 'k' }));
    expect(count, 'it had begun, so it does not run again').to.equal(1);
  });
});
