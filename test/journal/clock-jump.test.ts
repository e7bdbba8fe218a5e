/** The clock on the wall jumps, back and forth: what is counted and in which order does not depend on it. */
import { expect } from 'chai';
import { recordOf } from '../../common/journal/record.js';
import { answerOf, append, forward, textOf, useWorld } from './world.js';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_700_000_000_000;
/** What the wall says, one opening after the other. */
const WALLS_MS = [NOW_MS, NOW_MS + HOUR_MS, NOW_MS - HOUR_MS, NOW_MS - 10_000, NOW_MS];

describe('a clock that jumps', () => {
  const world = useWorld();
  const at = (tsMs: number, text: string) => recordOf('metrics', tsMs, 'echo', 7, Buffer.from(text));

  it('takes no epoch back and changes no order, in the journal or on main', () => {
    const log = world().log();
    const epochs = WALLS_MS.map((wallMs, index) => {
      const { store } = world().journal('journal.db', wallMs);
      append(store, { records: [at(wallMs, `first ${index}`), at(wallMs - HOUR_MS, `second ${index}`)] });
      forward(store, log);
      store.close();
      return store.epoch;
    });
    expect(epochs).to.deep.equal([...new Set(epochs)].sort((a, b) => a - b));
    const told = log.read({}).records.map((record) => [textOf(record), record.integrity]);
    expect(told).to.deep.equal(
      WALLS_MS.flatMap((_, index) => [
        [`first ${index}`, 'verified'],
        [`second ${index}`, 'verified'],
      ]),
    );
  });

  it('ends no lease of a member and no delivery of a group', () => {
    const { store } = world().journal();
    const log = world().log();
    append(store, { records: [at(NOW_MS, 'one'), at(NOW_MS, 'two')] });
    forward(store, log);
    const group = 'workers';
    const deliveries = WALLS_MS.map((wallMs, index) => {
      const now = { monotonicMs: 1_000 + index, wallMs };
      const member = index === 0 ? 'first' : 'second';
      const ask = { group, member, now };
      answerOf(log.runGroup([{ name: 'groupJoin', args: { ...ask, stream: 'metrics', from: 'start' } }])[0]);
      const fetched = answerOf(log.runGroup([{ name: 'groupFetch', args: { ...ask, max: 9 } }])[0]);
      return fetched !== undefined && 'nextDueMs' in fetched ? fetched.records.length : undefined;
    });
    expect(deliveries).to.deep.equal([2, 0, 0, 0, 0]);
  });
});
