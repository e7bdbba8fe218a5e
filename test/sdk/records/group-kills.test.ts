/**
 * The broker dies exactly around the commit and the answer of what a member of a group says, or the member around its word:
 * what was confirmed is stored, what is stored is never delivered again, and all else is.
 */
import { expect } from 'chai';
import type { Failpoint } from '../../../common/core/failpoint.js';
import { StreamWorker } from '../../support/processes/stream-worker.js';
import { waitFor } from '../../support/wait-for.js';
import { LogWorld } from './log-world.js';

const MEMBER = { group: 'crew', member: 'tester' };
const COUNT = 10;

describe('a word about deliveries', () => {
  let world: LogWorld;

  beforeEach(async () => {
    world = new LogWorld();
    await world.open();
    await world.emit(COUNT);
  });
  afterEach(() => world.close());

  async function fetch() {
    await world.log.request('group.join', { ...MEMBER, stream: 'work', from: 'start' });
    return (await world.log.request('group.fetch', { ...MEMBER, max: 100 })).records;
  }

  const ofTheBroker = [
    ['before its commit, is not stored: everything is delivered again', 'log.append.written', COUNT],
    ['after its commit, is stored: nothing of it is delivered again', 'log.append.committed', COUNT - 4],
    ['before its answer, is stored: nothing of it is delivered again', 'group.answering', COUNT - 4],
  ] as const;
  for (const [what, place, expected] of ofTheBroker) {
    it(`that the broker dies of ${what}`, async () => {
      const records = await fetch();
      const said = records.filter(({ id }) => id <= 5 && id !== 4);
      const numbers = said.map(({ delivery }) => delivery);
      world.failpoints.doom(place);
      const outcome = await world.log.request('group.settle', { ...MEMBER, done: numbers }).catch(() => 'no answer');
      expect(outcome).to.equal('no answer');
      await world.exited();
      await world.start();
      const again = await fetch();
      const isSettled = expected < COUNT;
      const left = records.filter((record) => !isSettled || !said.includes(record));
      expect(again.map(({ id }) => id)).to.deep.equal(left.map(({ id }) => id));
      expect(again).to.have.length(expected);
      const latest = Math.max(...records.map(({ delivery }) => delivery));
      for (const { delivery } of again) expect(delivery, 'a number that was used before').to.be.above(latest);
      expect(await world.log.request('group.settle', { ...MEMBER, done: numbers })).to.deep.equal({
        stale: 4,
        dead: [],
      });
    });
  }

  const ofTheMember: readonly (readonly [string, Failpoint, boolean])[] = [
    ['before it is sent is not said: another does all of it again', 'settler.sending', false],
    ['when it is answered is said: nobody does that again', 'settler.answered', true],
  ];
  for (const [what, place, isSettled] of ofTheMember) {
    it(`that its member dies of ${what}`, async () => {
      const worker = (name: string) =>
        new StreamWorker({ log: world.endpoint, name, inFlight: COUNT, workMs: 1, env: world.failpoints.env });
      const state = async () => (await world.log.request('group.list', {})).groups[0];
      world.failpoints.doom(place);
      const first = worker('first');
      expect(await first.exited).to.equal('SIGKILL');
      const settledCount = (await state())?.settled ?? 0;
      expect(settledCount > 0).to.equal(isSettled);

      const second = worker('second');
      try {
        const end = await waitFor('everything to be settled', async () => {
          const now = await state();
          return now?.floorId === COUNT ? now : undefined;
        });
        expect(end).to.include({ settled: COUNT, stale: 0, dead: 0, inFlight: 0 });
      } finally {
        await second.end('SIGTERM');
      }
      expect(second.done).to.have.length(COUNT - settledCount);
      expect(new Set([...first.done, ...second.done]).size).to.equal(COUNT);
    });
  }
});
