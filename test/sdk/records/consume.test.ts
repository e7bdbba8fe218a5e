/** Consumers without a group: over a real log in a process of its own, which is killed. */
import { expect } from 'chai';
import type { ConsumedRecord } from '../../../agents/sdk/index.js';
import { expectError, expectRejection } from '../../support/expect-error.js';
import { waitUntil } from '../../support/wait-for.js';
import { LogWorld } from './log-world.js';

describe('a consumer of a stream', () => {
  let world: LogWorld;

  beforeEach(async () => {
    world = new LogWorld();
    await world.open();
  });
  afterEach(() => world.close());

  it('shows each record once and in order, the old ones and those that come while it catches up', async () => {
    await world.emit(700);
    const mesh = world.mesh('reader');
    const seen = Array.from({ length: 3 }, () => [] as number[]);
    for (const ids of seen) mesh.consume('work', ({ id }) => ids.push(id), { from: 'start' });
    for (let turn = 0; turn < 30; turn++) {
      await world.emit(20);
      await world.emit(1, 'other');
    }
    await waitUntil('all of them to be read', () => seen.every((ids) => ids.length >= 1_300));
    for (const ids of seen) {
      expect(ids).to.have.length(1_300);
      expect(ids).to.deep.equal([...new Set(ids)].sort((a, b) => a - b));
    }
  });

  it('begins with the next record, with an id, or with a moment', async () => {
    await world.emit(5);
    const mesh = world.mesh('reader');
    const read = { next: [] as number[], id: [] as number[], moment: [] as number[], future: [] as number[] };
    const next = mesh.consume('work', ({ id }) => read.next.push(id));
    await next.ready;
    mesh.consume('work', ({ id }) => read.id.push(id), { from: { id: 4 } });
    // A chain of the test numbers its moments: the third record is of 1,003.
    mesh.consume('work', ({ id }) => read.moment.push(id), { from: { timeMs: 1_003 } });
    mesh.consume('work', ({ id }) => read.future.push(id), { from: { timeMs: 1_006 } });
    await waitUntil('the old ones', () => read.id.length === 2 && read.moment.length === 3);
    await world.emit(2);
    const lengths = () => Object.values(read).map((ids) => ids.length);
    await waitUntil('the new ones', () => String(lengths()) === '2,4,5,2');
    expect(read).to.deep.equal({ next: [6, 7], id: [4, 5, 6, 7], moment: [3, 4, 5, 6, 7], future: [6, 7] });
  });

  it('reads only what its filter names, and has the body when it asks for it', async () => {
    await world.emit(2, 'work', 'pc2');
    await world.emit(3, 'work', 'pc3');
    const bodies: unknown[] = [];
    const keep = async (record: ConsumedRecord) => bodies.push([record.machine, await record.body()]);
    world.mesh('reader').consume('work', keep, { from: 'start', filter: { machine: 'pc3' } });
    await waitUntil('three of them', () => bodies.length === 3);
    expect(bodies).to.deep.equal([1, 2, 3].map((seq) => ['pc3', { seq }]));
  });

  it('goes on where it was when the broker was killed and is back, with no gap and nothing twice', async () => {
    const ids: number[] = [];
    world.mesh('reader').consume('work', ({ id }) => ids.push(id), { from: 'start' });
    await world.emit(300);
    await waitUntil('some of them', () => ids.length > 100);
    await world.kill();
    await world.start();
    await world.emit(200);
    await waitUntil('the rest', () => ids.length >= 500);
    expect(ids).to.deep.equal(Array.from({ length: 500 }, (_, index) => index + 1));
  });

  describe('of which main’s log was replaced by hand', () => {
    const replaced = async (): Promise<void> => {
      await world.kill();
      world.putBack();
      await world.start();
    };

    it('tells it, and goes on where the old log and the new one part, also when ids are far behind', async () => {
      const ids: number[] = [];
      await world.emit(2);
      await world.kill();
      world.backUp();
      await world.start();
      world.mesh('reader').consume('work', ({ id }) => ids.push(id), { from: 'start' });
      await world.emit(300);
      await waitUntil('all of them', () => ids.length === 302);
      await replaced();
      await world.emit(3, 'work', 'pc3');
      await waitUntil('those that have ids of others', () => ids.length === 305);
      expect(ids.slice(302)).to.deep.equal([3, 4, 5]);
      expect(world.problems.map(String)).to.have.length(1);
      expect(String(world.problems[0])).to.include(
        'what follows id 2 is not what this consumer of work read up to 302',
      );
      await replaced();
      await world.emit(1, 'work', 'pc4');
      await waitUntil('the first of another third', () => ids.length === 306);
      expect([ids.at(-1), world.problems.length], 'once more').to.deep.equal([3, 2]);
    });

    it('tells it also when ids are given out again up to behind its place before it looks, or from the first on', async () => {
      const ids: number[] = [];
      await world.emit(5);
      const consumer = world.mesh('reader').consume('work', ({ id }) => ids.push(id));
      await consumer.ready;
      await replaced();
      await world.emit(9, 'work', 'pc3');
      await waitUntil('all that is there', () => ids.length === 9);
      expect(ids).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(world.problems).to.have.length(1);
    });

    it('has its group again, at the place that nobody of it can have come past, when there was none yet', async () => {
      const ids: number[] = [];
      await world.emit(4);
      await world.kill();
      world.backUp();
      await world.start();
      await world.emit(2);
      const member = world.mesh('reader').consume('work', ({ id }) => ids.push(id), { group: 'crew', from: 'new' });
      await member.ready;
      await world.emit(3);
      await waitUntil('what came', () => ids.length === 3);
      await replaced();
      await world.emit(3, 'work', 'pc3');
      await waitUntil('what came since', () => ids.length === 6);
      expect(ids).to.deep.equal([7, 8, 9, 5, 6, 7]);
      expect(world.problems.map(String)).to.have.length(1);
      expect(String(world.problems[0])).to.include('is made again behind 4');
    });

    it('knows a place ahead of the log for that, whatever becomes of its broker', async () => {
      const ids: number[] = [];
      await world.emit(5);
      const consumer = world.mesh('reader').consume('work', ({ id }) => ids.push(id), { from: { id: 8 } });
      await consumer.ready;
      await world.kill();
      await world.start();
      await world.emit(4);
      await waitUntil('what was asked for', () => ids.length === 2);
      expect([ids, world.problems]).to.deep.equal([[8, 9], []]);
    });
  });

  it('is refused when its mesh was closed, and leaves nothing that tries on', async () => {
    const mesh = world.mesh('late');
    await mesh.close();
    for (const options of [{}, { group: 'crew' }])
      expectError('CLOSED', () => mesh.consume('work', () => undefined, options));
  });

  it('tells of a handler that throws, and goes on with the next record', async () => {
    const consumer = world.mesh('reader').consume(
      'work',
      ({ id }) => {
        if (id === 2) throw new Error('not that one');
      },
      { from: 'start' },
    );
    await world.emit(3);
    await waitUntil('three of them', () => consumer.figures.lastId === 3);
    expect(consumer.figures).to.include({ handled: 2, failed: 1 });
    expect(world.problems.map(String)).to.deep.equal(['Error: not that one']);
  });

  it('has as many records in hand as it may, and no more', async () => {
    await world.emit(20);
    let running = 0;
    let most = 0;
    let ended = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      ended++;
    };
    world.mesh('reader').consume('work', work, { from: 'start', inFlightMax: 4 });
    await waitUntil('all of them', () => ended === 20);
    expect(most).to.equal(4);
  });

  it('begins when main is there, and ends when it is told to', async () => {
    await world.kill();
    const consumer = world.mesh('reader').consume('work', () => undefined, { from: 'new' });
    await world.start();
    await consumer.ready;
    await consumer.close();
    expect(await consumer.ended).to.equal(undefined);
    await world.emit(1);
    expect(consumer.figures.lastId).to.equal(0);
  });

  it('is refused when what it asks for cannot be', async () => {
    const mesh = world.mesh('reader');
    expectError('INVALID_INPUT', () => mesh.consume('work', () => undefined, { inFlightMax: 0 }));
    expectError('INVALID_INPUT', () => mesh.consume('work', () => undefined, { ackWaitMs: 1_000 }));
    const consumer = mesh.consume('No Stream', () => undefined, { from: 'new' });
    await expectRejection('INVALID_INPUT', consumer.ready);
    expect((await consumer.ended)?.code).to.equal('INVALID_INPUT');
  });
});
