/** Retention of streams on main: what goes, what stays, and that what stays is as provable as before. */
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { VerdictBuilder } from '../../../common/journal/care/store-verdict.js';
import { verifyLog } from '../../../common/journal/care/verify-log.js';
import { logMigrations } from '../../../common/journal/log/log-schema.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import { type ChainEntry, chainHash, genesisHash, type NewRecord } from '../../../common/journal/record.js';
import { openDatabase } from '../../../common/journal/sqlite/database.js';
import type { StreamRule } from '../../../common/protocol/stream-rule.js';
import { answerOf, recordOf, textOf, useWorld } from '../world.js';

const MACHINE = 'pc2';
const DAY_MS = 86_400_000;

function chainOf(journalId: string, records: readonly NewRecord[]): ChainEntry[] {
  let hash = genesisHash(journalId);
  return records.map((record, index) => {
    hash = chainHash(hash, index + 1, record);
    return { kind: 'record', ...record, seq: index + 1, hash };
  });
}

describe('the retention of streams on main', () => {
  const world = useWorld();
  const send = (log: LogStore, entries: readonly ChainEntry[], journalId = 'j1') =>
    answerOf(log.appendBatches([{ journalId, machine: MACHINE, entries }])[0]);
  const textsOf = (log: LogStore, stream: string) => log.read({ stream }).records.map(textOf);
  const stateOf = (log: LogStore, name: string) =>
    log.streams({ after: '', limit: 10 }).find(({ stream }) => stream === name);

  /** Until every stream is within its bounds, as the log's server does it. */
  function retain(log: LogStore, rules: readonly StreamRule[], wallMs = 0): number {
    let count = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { prunedCount, next } = log.retain({ rules, wallMs, after });
      count += prunedCount;
      after = next;
    }
    return count;
  }

  /** Of two streams in turn: a1 b1 a2 b2 … */
  const inTurn = (count: number) =>
    Array.from({ length: count }, (_, n) => [
      { ...recordOf(`a${n + 1}`, 'a'), tsMs: (n + 1) * DAY_MS },
      { ...recordOf(`b${n + 1}`, 'b'), tsMs: (n + 1) * DAY_MS },
    ]).flat();
  const mixed = (count: number) => chainOf('j1', inTurn(count));

  it('leaves the newest of a stream by count, and other streams alone', () => {
    const log = world().log();
    send(log, mixed(5));
    expect(retain(log, [{ stream: 'a', keep: { count: 2 } }])).to.equal(3);
    expect(textsOf(log, 'a')).to.deep.equal(['a4', 'a5']);
    expect(textsOf(log, 'b')).to.have.length(5);
    expect(stateOf(log, 'a')).to.deep.equal({
      stream: 'a',
      count: 2,
      bytes: 4,
      pruned: 3,
      oldest: { id: 7, tsMs: 4 * DAY_MS },
      newest: { id: 9, tsMs: 5 * DAY_MS },
    });
    expect(retain(log, [{ stream: 'a', keep: { count: 2 } }]), 'there is nothing left to do').to.equal(0);
  });

  it('leaves the newest by age and by bytes, bodies that are files included', () => {
    const log = world().log();
    const ref = `${'a1'.repeat(32)}/1000`;
    const large = { ...recordOf('', 'c'), ref };
    send(log, chainOf('j1', [...inTurn(5), large, recordOf('c2', 'c')]));
    const rules = [
      { stream: '*', keep: { ageMs: 2 * DAY_MS } },
      { stream: 'b', keep: { bytes: 6 } },
      { stream: 'c', keep: { bytes: 100 } },
    ];
    expect(stateOf(log, 'c')?.bytes).to.equal(1_002);
    retain(log, rules, 6 * DAY_MS);
    expect(textsOf(log, 'a'), 'two days old at most').to.deep.equal(['a4', 'a5']);
    expect(textsOf(log, 'b'), 'six bytes at most').to.deep.equal(['b3', 'b4', 'b5']);
    expect(textsOf(log, 'c'), 'the file counts').to.deep.equal(['c2']);
  });

  it('is not held up by a clock that was ahead: such a record goes with the next one that is old, and not before', () => {
    const log = world().log();
    const at = (days: number, text: string) => ({ ...recordOf(text, 'a'), tsMs: days * DAY_MS });
    send(
      log,
      chainOf('j1', [at(1, 'old'), at(90_000, 'ahead'), at(2, 'older'), at(90_000, 'fresh and ahead'), at(9, 'new')]),
    );
    const rules = [{ stream: 'a', keep: { ageMs: 3 * DAY_MS } }];
    expect(retain(log, rules, 10 * DAY_MS)).to.equal(3);
    expect(textsOf(log, 'a')).to.deep.equal(['fresh and ahead', 'new']);
    expect(retain(log, rules, 13 * DAY_MS)).to.equal(2);
    send(log, chainOf('j2', [at(90_000, 'alone and ahead')]), 'j2');
    expect(retain(log, rules, 14 * DAY_MS), 'nobody knows how old it is').to.equal(0);
  });

  it('leaves what it leaves proved, knows what went when it comes again, and takes what is missing for missing', () => {
    const log = world().log();
    const chain = mixed(5);
    send(log, chain.slice(0, 9));
    retain(log, [{ stream: 'a', keep: { count: 1 } }]);
    expect(log.read({}).records.map(({ integrity }) => integrity)).to.deep.equal(new Array(5).fill('verified'));
    expect(send(log, chain).headSeq, 'the first nine are known').to.equal(10);
    retain(log, [{ stream: '*', keep: { count: 1 } }]);
    expect(log.read({}).records.map((record) => [textOf(record), record.integrity])).to.deep.equal([
      ['a5', 'verified'],
      ['b5', 'verified'],
    ]);
    expect(send(log, chain).headSeq).to.equal(10);
    log.close();
    const verdict = () => {
      const builder = new VerdictBuilder();
      const { value } = openDatabase({ file: world().path('mesh.db'), migrations: logMigrations, wallMs: 1 }, (db) => {
        verifyLog(db, builder, () => undefined);
        return db;
      });
      value.close();
      const { checkedCount, missingCount, unverifiableCount } = builder.build([]);
      return { checkedCount, missingCount, unverifiableCount };
    };
    expect(verdict()).to.deep.equal({ checkedCount: 2, missingCount: 0, unverifiableCount: 0 });
    world().edit('mesh.db', (db) => db.exec('DELETE FROM records WHERE seq = 9'));
    expect(verdict()).to.deep.equal({ checkedCount: 1, missingCount: 1, unverifiableCount: 1 });
  });

  it('works in bounded steps, in which others may write', () => {
    const log = world().log();
    const count = limits.streamPruneRowsMax + 500;
    const chain = chainOf(
      'j1',
      Array.from({ length: count + 1 }, (_, n) => recordOf(`a${n}`, 'a')),
    );
    send(log, chain.slice(0, count));
    const step = { rules: [{ stream: 'a', keep: { count: 100 } }], wallMs: 0 };
    const first = log.retain({ ...step, after: '' });
    expect(first).to.deep.equal({ prunedCount: limits.streamPruneRowsMax, next: '', held: [] });
    send(log, chain.slice(count));
    expect(log.retain({ ...step, after: '' })).to.deep.equal({ prunedCount: 401, next: undefined, held: [] });
    expect(stateOf(log, 'a')?.count).to.equal(100);
  });

  it('never takes what a durable group of the stream has not settled, and the bound of the whole log does, and says so', () => {
    const log = world().log();
    const now = { monotonicMs: 0, wallMs: 0 };
    const member = { group: 'readers', member: 'm1', now };
    const join = { ...member, stream: 'a', from: 'start' as const };
    const run = (request: Parameters<LogStore['runGroup']>[0][number]) => answerOf(log.runGroup([request])[0]);
    send(log, mixed(5));
    run({ name: 'groupJoin', args: join });
    const rules = [{ stream: '*', keep: { count: 1 } }];
    expect(retain(log, rules)).to.equal(4);
    expect(textsOf(log, 'a')).to.have.length(5);
    const fetched = run({ name: 'groupFetch', args: { ...member, max: 2 } });
    const done = fetched && 'records' in fetched ? fetched.records.map(({ delivery }) => delivery) : [];
    run({ name: 'groupSettle', args: { ...member, done, failed: [], released: [] } });
    expect(retain(log, rules), 'what it has settled').to.equal(2);
    expect(textsOf(log, 'a')).to.deep.equal(['a3', 'a4', 'a5']);
    const { held } = log.retain({ rules, wallMs: 0, after: '' });
    expect(held, 'and says who keeps it').to.deep.equal([
      { stream: 'a', group: 'readers', floorId: 3, memberCount: 1 },
    ]);
    expect(log.retain({ rules: [{ stream: 'a', keep: { count: 3 } }], wallMs: 0, after: '' }).held).to.deep.equal([]);
    expect(log.prune({ keep: 2 })).to.deep.equal({
      prunedCount: 2,
      isDone: true,
      losses: [{ group: 'readers', stream: 'a', count: 2 }],
    });
  });

  it('counts a stream anew whose row is not what was written', () => {
    const log = world().log();
    send(log, mixed(5));
    world().edit('mesh.db', (db) => db.exec("UPDATE streams SET count = 1000000 WHERE stream = 'a'"));
    expect(retain(log, [{ stream: 'a', keep: { count: 5 } }])).to.equal(0);
    expect(stateOf(log, 'a')?.count).to.equal(5);
  });

  it('is sure of its counts: neither the whole log nor a stream loses anything to a row that is not what was written', () => {
    const log = world().log();
    send(log, mixed(5));
    world().edit('mesh.db', (db) => db.exec("UPDATE streams SET count = 1000000000 WHERE stream = 'a'"));
    expect(log.prune({ keep: 8 }).prunedCount, 'over the bound').to.equal(2);
    expect(log.prune({ keep: 8 }), 'within it').to.include({ prunedCount: 0, isDone: true });
    world().edit('mesh.db', (db) => db.exec("UPDATE streams SET count = 1000000000 WHERE stream = 'a'"));
    expect(retain(log, [{ stream: 'a', keep: { count: 1 } }])).to.equal(3);
    expect([stateOf(log, 'a')?.count, stateOf(log, 'a')?.bytes]).to.deep.equal([1, 2]);
  });

  it('does not count what was not stored', () => {
    const log = world().log();
    const chain = mixed(2);
    send(log, chain);
    const torn = chain.slice(0, 2).map((entry) => ({ ...entry, seq: entry.seq + 7 }));
    expect(() => send(log, torn)).to.throw();
    expect(stateOf(log, 'a')?.count).to.equal(2);
  });
});
