/** The broker dies exactly around the commit of what a member of a group says: what it confirmed is stored, and nothing else. */
import { expect } from 'chai';
import { LogWorld } from './log-world.js';

const MEMBER = { group: 'crew', member: 'tester' };

describe('a word about deliveries that the broker dies of', () => {
  let world: LogWorld;

  beforeEach(async () => {
    world = new LogWorld();
    await world.open();
    await world.emit(10);
  });
  afterEach(() => world.close());

  async function fetch() {
    await world.log.request('group.join', { ...MEMBER, stream: 'work', from: 'start' });
    return (await world.log.request('group.fetch', { ...MEMBER, max: 100 })).records;
  }

  const cases = [
    [
      'before its commit, is not stored: everything is delivered again',
      'log.append.written',
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ],
    ['after its commit, is stored: nothing of it is delivered again', 'log.append.committed', [4, 6, 7, 8, 9, 10]],
  ] as const;
  for (const [what, place, expected] of cases) {
    it(what, async () => {
      const records = await fetch();
      const numbers = records.filter(({ id }) => id <= 5 && id !== 4).map(({ delivery }) => delivery);
      world.failpoints.doom(place);
      const outcome = await world.log.request('group.settle', { ...MEMBER, done: numbers }).catch(() => 'no answer');
      expect(outcome).to.equal('no answer');
      await world.exited();
      await world.start();
      const again = await fetch();
      expect(again.map(({ id }) => id)).to.deep.equal(expected);
      const latest = Math.max(...records.map(({ delivery }) => delivery));
      for (const { delivery } of again) expect(delivery, 'a number that was used before').to.be.above(latest);
      expect(await world.log.request('group.settle', { ...MEMBER, done: numbers })).to.deep.equal({
        stale: 4,
        dead: [],
      });
    });
  }
});
