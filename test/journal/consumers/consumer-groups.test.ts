/** Consumer groups in the store of the log: what is durable, what is bounded, and what a failed transaction leaves behind. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import type { GroupOperations, GroupRequest } from '../../../common/journal/consumers/group-operations.js';
import type {
  DeliveredRecord,
  Fetched,
  GroupJoin,
  GroupStanding,
  GroupState,
  LagCounted,
} from '../../../common/journal/consumers/group-requests.js';
import { GroupsClient } from '../../../common/journal/consumers/groups-client.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import type { NewRecord } from '../../../common/journal/record.js';
import type { WorkerClient } from '../../../common/journal/sqlite/worker-client.js';
import { answerOf, append, codeOf, failureOf, forward, recordOf, recordsOf, useWorld } from '../world.js';

const now = { wallMs: 1_700_000_000_000, monotonicMs: 1_000 };
const MEMBER = { group: 'crew', member: 'a', now } as const;

describe('the consumer groups of a log', () => {
  const world = useWorld();

  const ask = (log: LogStore, request: GroupRequest) => answerOf(log.runGroup([request])[0]);
  const join = (log: LogStore, rest: Partial<GroupJoin> = {}) =>
    ask(log, { name: 'groupJoin', args: { ...MEMBER, stream: 'metrics', from: 'start', ...rest } });
  const fetch = (log: LogStore, max = 1_000): readonly DeliveredRecord[] =>
    (ask(log, { name: 'groupFetch', args: { ...MEMBER, max } }) as Fetched).records;
  const settleWord = (done: readonly DeliveredRecord[]): GroupRequest => ({
    name: 'groupSettle',
    args: { ...MEMBER, done: done.map(({ delivery }) => delivery), failed: [], released: [] },
  });
  const state = (log: LogStore): GroupState => {
    const [group] = ask(log, { name: 'groupList', args: { now } }) as GroupStanding[];
    if (group === undefined) throw new Error('there is no group');
    const { stream, machine, agent, cursorId, headId, pending } = group;
    const args = { stream, machine, agent, afterId: cursorId, upToId: headId };
    return { ...group, pending: pending + (ask(log, { name: 'groupLag', args }) as LagCounted).count };
  };

  /** A log with these records, from the journal of pc2. */
  function logWith(records: readonly NewRecord[], wallMs = 1_000): LogStore {
    const log = world().log({ wallMs });
    const { store } = world().journal();
    for (let from = 0; from < records.length; from += 1_000)
      append(store, { records: records.slice(from, from + 1_000) });
    forward(store, log);
    return log;
  }

  it('use no number of a delivery twice: not in another opening, and not in a file that was begun anew', () => {
    const first = logWith(recordsOf(3));
    join(first);
    const before = fetch(first);
    first.close();
    const second = world().log();
    join(second);
    const after = fetch(second);
    expect(after.map(({ id }) => id)).to.deep.equal([1, 2, 3]);
    const highest = Math.max(...before.map(({ delivery }) => delivery));
    expect(Math.min(...after.map(({ delivery }) => delivery))).to.be.above(highest + limits.groupNumbersReserved - 10);
    const anew = world().log({ file: world().path('other.db'), wallMs: 1_000_000 });
    const { store } = world().journal('other-journal.db');
    append(store, { records: recordsOf(1) });
    forward(store, anew);
    join(anew);
    expect(fetch(anew)[0]?.delivery).to.be.above(Math.max(...after.map(({ delivery }) => delivery)));
  });

  it('are counted in short steps, however far behind they are, also those that read a few of many', async () => {
    const records = Array.from({ length: limits.groupScanIds + 10 }, (_, index) =>
      recordOf('r', 'metrics', index % 1_000 === 999 ? 'rare' : 'echo'),
    );
    const log = logWith(records);
    join(log);
    join(log, { group: 'few', agent: 'rare' });
    const steps: LagCounted[] = [];
    const call = async (name: string, args: unknown) => {
      const answer = ask(log, { name, args } as GroupRequest);
      if (name === 'groupLag') steps.push(answer as LagCounted);
      return answer;
    };
    const client = new GroupsClient({ call: call as WorkerClient<GroupOperations>['call'] }, systemClock);
    expect((await client.list()).map(({ group, pending }) => [group, pending])).to.deep.equal([
      ['crew', records.length],
      ['few', limits.groupScanIds / 1_000],
    ]);
    expect(steps.map(({ looked }) => looked)).to.deep.equal([limits.groupScanIds, 10, limits.groupScanIds, 10]);
  });

  it('have their numbers also where the clock says a year in which numbers end', () => {
    const log = logWith(recordsOf(3), 10_000_000_000_000);
    join(log);
    const deliveries = fetch(log).map(({ delivery }) => delivery);
    expect(new Set(deliveries).size).to.equal(3);
    expect(deliveries.every(Number.isSafeInteger)).to.equal(true);
  });

  it('are safe from late words also where numbers come again: a log that was put back in the second of its openings', () => {
    logWith(recordsOf(3)).close();
    const backup = readFileSync(world().path('mesh.db'));
    const first = world().log();
    join(first);
    const before = fetch(first);
    first.close();
    writeFileSync(world().path('mesh.db'), backup);
    const second = world().log();
    const member = 'a/2';
    join(second, { member });
    const args = { ...MEMBER, member, max: 10 };
    const { records } = ask(second, { name: 'groupFetch', args }) as Fetched;
    const numbersOf = (deliveries: readonly DeliveredRecord[]) => deliveries.map(({ delivery }) => delivery);
    expect(numbersOf(records), 'the same numbers').to.deep.equal(numbersOf(before));
    expect(ask(second, settleWord(before))).to.deep.include({ stale: 3 });
    expect(state(second)).to.include({ floorId: 0, inFlight: 3, stale: 3 });
  });

  it('take nothing for settled that a failed transaction did not store', () => {
    const log = logWith(recordsOf(3));
    join(log);
    const records = fetch(log);
    const broken = { name: 'append', args: null } as never;
    failureOf(() => log.runGroup([settleWord(records), broken]));
    expect(state(log)).to.include({ floorId: 0, pending: 3, inFlight: 0 });
    expect(codeOf(log.runGroup([{ name: 'groupFetch', args: { ...MEMBER, max: 10 } }])[0])).to.equal('NOT_ATTACHED');
    join(log);
    const again = fetch(log);
    expect(again.map(({ id }) => id)).to.deep.equal([1, 2, 3]);
    ask(log, settleWord(again));
    expect(state(log)).to.include({ floorId: 3, pending: 0 });
  });

  it('are refused alone: what else is in their transaction is stored', () => {
    const log = logWith(recordsOf(2));
    join(log);
    const records = fetch(log);
    const stranger: GroupRequest = { name: 'groupFetch', args: { ...MEMBER, member: 'z', max: 1 } };
    const [refused, settled] = log.runGroup([stranger, settleWord(records)]);
    expect(codeOf(refused)).to.equal('NOT_ATTACHED');
    expect(answerOf(settled)).to.include({ stale: 0 });
    expect(state(log).floorId).to.equal(2);
  });

  it('give no more at once than an answer holds, and the rest with the next', () => {
    const size = limits.recordBodyBytesMax;
    const count = Math.floor(limits.logReadBytesMax / size) + 3;
    const log = world().log();
    const { store } = world().journal();
    for (let i = 0; i < count; i++) append(store, { records: [{ ...recordOf(''), body: Buffer.alloc(size, i) }] });
    forward(store, log);
    join(log);
    const first = fetch(log);
    expect(first).to.have.length(count - 3);
    expect(fetch(log).map(({ id }) => id)).to.deep.equal([count - 2, count - 1, count]);
  });

  it('read what their filter names, and are behind nothing else', () => {
    const log = logWith([recordOf('a'), recordOf('b', 'metrics', 'other'), recordOf('c', 'lines'), recordOf('d')]);
    join(log, { agent: 'echo' });
    expect(state(log)).to.include({ pending: 2, stream: 'metrics', agent: 'echo' });
    expect(fetch(log).map(({ body }) => Buffer.from(body).toString())).to.deep.equal(['a', 'd']);
  });

  it('begin at a moment by the clocks of the emitting machines', () => {
    const at = (tsMs: number): NewRecord => ({ ...recordOf(String(tsMs)), tsMs });
    const log = logWith([at(10), at(20), at(20), at(30)]);
    expect(log.idAt({ timeMs: 5 })).to.equal(1);
    expect(log.idAt({ timeMs: 20 })).to.equal(2);
    expect(log.idAt({ timeMs: 21 })).to.equal(4);
    expect(log.idAt({ timeMs: 31 })).to.equal(5);
    join(log, { from: { timeMs: 21 } });
    expect(fetch(log).map(({ id }) => id)).to.deep.equal([4]);
  });

  it('count what the bound of the log took from them, durably, and keep their dead letters', () => {
    const log = logWith(recordsOf(10));
    join(log, { deliveriesMax: 1 });
    const [one, two] = fetch(log, 2);
    ask(log, settleWord(one === undefined ? [] : [one]));
    const failed = [{ number: two?.delivery ?? 0, code: 'X', message: 'no' }];
    ask(log, { name: 'groupSettle', args: { ...MEMBER, done: [], failed, released: [] } });
    fetch(log, 3);
    const { losses } = log.prune({ keep: 4 });
    expect(losses).to.deep.equal([{ group: 'crew', stream: 'metrics', count: 4 }]);
    expect(state(log)).to.include({ floorId: 6, lost: 4, dead: 1, inFlight: 0, pending: 4 });
    log.close();
    const opened = world().log();
    expect(state(opened)).to.include({ floorId: 6, lost: 4, dead: 1, pending: 4 });
    join(opened);
    ask(opened, { name: 'groupReplay', args: { ...MEMBER } });
    const replayed = fetch(opened).map(({ id, body }) => [id, Buffer.from(body).toString()]);
    expect(replayed).to.deep.include.members([
      [2, 'r2'],
      [7, 'r7'],
    ]);
  });

  it('lose nothing that they had settled, also when the log was opened anew since', () => {
    const log = logWith(recordsOf(10));
    join(log);
    const [, ...settled] = fetch(log, 6);
    ask(log, settleWord(settled));
    log.close();
    const opened = world().log();
    const { losses } = opened.prune({ keep: 2 });
    expect(losses, 'of 1 to 8, only these were not settled: 1, 7, 8').to.deep.equal([
      { group: 'crew', stream: 'metrics', count: 3 },
    ]);
    expect(state(opened)).to.include({ floorId: 8, lost: 3, pending: 2 });
  });
});
