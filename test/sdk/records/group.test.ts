/** Consumer groups: members with connections of their own, over a real log in a process that is killed. */
import { expect } from 'chai';
import type { ConsumedRecord, ConsumeOptions, Consumer } from '../../../agents/sdk/index.js';
import type { GroupStateBody } from '../../../common/protocol/catalogue.js';
import { expectRejection } from '../../support/expect-error.js';
import { waitFor, waitUntil } from '../../support/wait-for.js';
import { LogWorld } from './log-world.js';

const QUICK = { firstMs: 20, maxMs: 40 };
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('the members of a consumer group', () => {
  let world: LogWorld;

  beforeEach(async () => {
    world = new LogWorld();
    await world.open();
  });
  afterEach(() => world.close());

  const join = (name: string, handler: (record: ConsumedRecord) => unknown, options: ConsumeOptions = {}): Consumer =>
    world.mesh(name).consume('work', handler, { group: 'crew', from: 'start', backoff: QUICK, ...options });

  const state = async (): Promise<GroupStateBody> => {
    const { groups } = await world.log.request('group.list', {});
    const [group] = groups;
    if (group === undefined) throw new Error('there is no group');
    return group;
  };

  const settledUpTo = (id: number) =>
    waitFor(`everything up to ${id} to be settled`, async () => ((await state()).floorId >= id ? true : undefined));

  it('share the records, each of which is handled once', async () => {
    const ids: number[] = [];
    const shares = ['a', 'b', 'c'].map((name) =>
      join(name, async ({ id }) => {
        await new Promise(setImmediate);
        ids.push(id);
      }),
    );
    await Promise.all(shares.map(({ ready }) => ready));
    expect((await state()).members).to.have.length(3);
    for (let turn = 0; turn < 20; turn++) await world.emit(20);
    await settledUpTo(400);
    expect(ids.sort((a, b) => a - b)).to.deep.equal(numbers(400));
    expect(shares.reduce((sum, { figures }) => sum + figures.handled, 0)).to.equal(400);
    expect(await state()).to.include({ pending: 0, inFlight: 0, redelivered: 0, stale: 0 });
  });

  it('find everything that was emitted while none of them was there', async () => {
    const early = join('a', () => undefined, { from: 'new' });
    await early.ready;
    await early.close();
    await world.emit(30);
    expect(await state()).to.include({ pending: 30, inFlight: 0 });
    const ids: number[] = [];
    join('b', ({ id }) => ids.push(id), { from: 'new' });
    await settledUpTo(30);
    expect(ids).to.deep.equal(numbers(30));
  });

  it('are given again what a broker that was killed did not confirm, and nothing that it did', async () => {
    const acknowledged = new Set<number>();
    const again: number[] = [];
    const consumer = join('a', async ({ id, attempt }) => {
      if (acknowledged.has(id)) again.push(id);
      await new Promise(setImmediate);
      return attempt;
    });
    await world.emit(1_000);
    await world.emit(1_000);
    await waitUntil('some of them', () => consumer.figures.handled > 200);
    const { floorId } = await state();
    for (const id of numbers(floorId)) acknowledged.add(id);
    await world.kill();
    await world.start();
    await world.emit(100);
    await settledUpTo(2_100);
    expect(again, 'delivered again though main had confirmed them').to.deep.equal([]);
    expect(consumer.figures.handled).to.be.at.least(2_100);
    expect(await state()).to.include({ pending: 0, inFlight: 0, dead: 0 });
  });

  it('are given a record again that failed, until it is a dead letter that can be replayed or dropped', async () => {
    const attempts: number[] = [];
    let isRepaired = false;
    const consumer = join(
      'a',
      ({ id, attempt }) => {
        if (id !== 2) return;
        attempts.push(attempt);
        if (!isRepaired) throw new Error('no way');
      },
      { deliveriesMax: 3 },
    );
    await world.emit(3);
    await settledUpTo(3);
    expect(attempts).to.deep.equal([1, 2, 3]);
    expect(await state()).to.include({ dead: 1, pending: 0 });
    expect(consumer.figures).to.include({ dead: 1, handled: 2, failed: 3 });
    expect(String(world.problems[0])).to.include('record 2 of work is a dead letter of crew now: no way');
    const { letters } = await world.log.request('group.dead', { group: 'crew' });
    expect(
      letters.map(({ id, deliveries, code, message, replayed }) => [id, deliveries, code, message, replayed]),
    ).to.deep.equal([[2, 3, 'ACTION_FAILED', 'no way', false]]);
    isRepaired = true;
    expect(await world.log.request('group.replay', { group: 'crew' })).to.deep.equal({ count: 1 });
    await waitFor('it to be handled', async () => ((await state()).dead === 0 ? true : undefined));
    expect(attempts).to.deep.equal([1, 2, 3, 1]);
    expect(await world.log.request('group.drop', { group: 'crew', ids: [2] })).to.deep.equal({ count: 0 });
  });

  it('lose a record to another when their handler does not end, and their late word changes nothing', async () => {
    let release: () => void = () => undefined;
    const stuck = join('a', () => new Promise<void>((resolve) => (release = resolve)), {
      ackWaitMs: 500,
      inFlightMax: 1,
    });
    await stuck.ready;
    await world.emit(1);
    await waitUntil('it to be in hand', () => stuck.figures.lastId === 1);
    const attempts: number[] = [];
    join('b', ({ attempt }) => attempts.push(attempt), { ackWaitMs: 500 });
    await settledUpTo(1);
    expect(attempts).to.deep.equal([2]);
    release();
    await waitUntil('the late word', () => stuck.figures.stale === 1);
    expect(await state()).to.include({ floorId: 1, stale: 1, redelivered: 1 });
  });

  it('settle what they have in hand when they close, and give back what they have not begun', async () => {
    await world.emit(10);
    let end: () => void = () => undefined;
    const begun: number[] = [];
    const first = join(
      'a',
      ({ id }) => {
        begun.push(id);
        return new Promise<void>((resolve) => (end = resolve));
      },
      { ordered: true },
    );
    await waitUntil('the first to be in hand', () => begun.length === 1);
    const closed = first.close();
    end();
    await closed;
    expect(await state()).to.include({ floorId: 1, inFlight: 0, stale: 0 });
    const rest: string[] = [];
    join('b', ({ id, attempt }) => rest.push(`${id}:${attempt}`), { ordered: true });
    await settledUpTo(10);
    expect(begun).to.deep.equal([1]);
    expect(rest).to.deep.equal(
      numbers(10)
        .slice(1)
        .map((id) => `${id}:1`),
    );
  });

  it('are closed within a bound though their handler never ends, also in an ordered group', async () => {
    await world.emit(2);
    const stuck = [true, false].map((ordered) => {
      const group = ordered ? 'ordered' : 'crew';
      return join('a', () => new Promise<never>(() => undefined), { ordered, group });
    });
    await waitUntil('it to be in hand', () => stuck.every(({ figures }) => figures.lastId > 0));
    await Promise.all(stuck.map((consumer) => consumer.close()));
    expect((await world.log.request('group.list', {})).groups.map(({ members }) => members)).to.deep.equal([[], []]);
  });

  it('of an ordered group handle one record after the other, all of them together', async () => {
    const order: number[] = [];
    let running = 0;
    let failures = 0;
    const handler = async ({ id }: ConsumedRecord) => {
      expect(++running, 'two at once').to.equal(1);
      await new Promise(setImmediate);
      running--;
      if (id % 10 === 0 && failures++ % 2 === 0) throw new Error('once more');
      order.push(id);
    };
    for (const name of ['a', 'b', 'c']) join(name, handler, { ordered: true, inFlightMax: 4 });
    for (let turn = 0; turn < 10; turn++) await world.emit(5);
    await settledUpTo(50);
    expect(order).to.deep.equal(numbers(50));
  });

  it('cannot be of a group that reads something else; a group goes when it has none', async () => {
    const member = join('a', () => undefined, { filter: { machine: 'pc2' } });
    await member.ready;
    const stranger = world.mesh('b').consume('other', () => undefined, { group: 'crew' });
    const refusal = await expectRejection('CONFLICT', stranger.ready);
    expect(refusal.message).to.include('reads the stream work and reads what every agent of pc2 emits');
    await expectRejection('CONFLICT', world.log.request('group.remove', { group: 'crew' }));
    await member.close();
    const near = await expectRejection('NOT_FOUND', world.log.request('group.remove', { group: 'crow' }));
    expect(near.details).to.include({ didYouMean: 'crew' });
    await world.log.request('group.remove', { group: 'crew' });
    expect((await world.log.request('group.list', {})).groups).to.deep.equal([]);
  });
});
