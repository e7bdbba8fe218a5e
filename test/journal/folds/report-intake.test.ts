import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import type { JournalStore } from '../../../common/journal/machine/journal-store.js';
import type { RecordEntry } from '../../../common/journal/record.js';
import { codeOf, pendingOf, useWorld } from '../world.js';
import { bodyOf, countsOf, report, reportOf, sumOf, tellAll } from './report-world.js';

const recordsIn = (store: JournalStore): RecordEntry[] =>
  pendingOf(store).flatMap(({ entries }) => entries.filter((entry) => entry.kind === 'record'));

describe('an error that is reported again and again', () => {
  const world = useWorld();

  it('is stored a few times as it is, and then as a number that is exact', () => {
    const { store } = world().journal();
    for (let i = 0; i < 200; i++) report(store, { reports: [reportOf('a', { atMs: 5_000 + i })] }, 100);
    expect(recordsIn(store)).to.have.length(limits.foldBurst);
    const { nextDueMs = 0 } = store.report({ batches: [], nowMs: 100 });
    expect(nextDueMs).to.equal(100 + limits.foldIntervalMsMin);
    expect(store.tell({ nowMs: nextDueMs }).toldCount).to.equal(1);
    const [summary] = recordsIn(store).slice(limits.foldBurst);
    if (summary === undefined) throw new Error('nothing was told');
    expect(bodyOf(summary)).to.include({ message: 'a failed', count: 195, firstMs: 5_005, lastMs: 5_199 });
    expect(store.tell({}).toldCount).to.equal(0);
  });

  it('is answered with where it is told: its own record, or the last one of its kind', () => {
    const { store } = world().journal();
    const told = report(store, { reports: [reportOf('a')] }, 0);
    const folded = Array.from({ length: 10 }, () => report(store, { reports: [reportOf('a')] }, 0)).at(-1);
    expect(told[0]).to.include({ isFolded: false, seq: 1 });
    expect(folded?.[0]).to.include({ isFolded: true, seq: limits.foldBurst });
    expect(Buffer.from(folded?.[0]?.hash ?? []).equals(recordsIn(store).at(-1)?.hash ?? Buffer.of())).to.equal(true);
  });

  it('counts once when its reporter repeats it, over the death of the node too', () => {
    const reports = Array.from({ length: 8 }, (_, index) => reportOf(index % 2 === 0 ? 'a' : 'b', { count: 100 }));
    const first = { reports, reporter: { id: 'echo#7', firstSeq: 1 } };
    const { store } = world().journal();
    const answer = report(store, first, 0);
    report(store, { reports, reporter: { id: 'echo#7', firstSeq: 9 } }, 0);
    expect(report(store, { reports, reporter: { id: 'echo#7', firstSeq: 9 } }, 0)).to.have.length(8);
    store.close();
    const next = world().journal().store;
    report(next, { reports, reporter: { id: 'echo#7', firstSeq: 9 } }, 0);
    tellAll(next);
    expect(Object.fromEntries(countsOf(recordsIn(next)))).to.deep.equal({ a: 800, b: 800 });
    expect(answer.map(({ isFolded }) => isFolded)).to.deep.equal(Array(8).fill(false));
    expect(codeOf(next.report({ batches: [first], nowMs: 0 }).outcomes[0])).to.equal('CONFLICT');
  });

  it('stands for more than one record can in several', () => {
    const { store } = world().journal();
    const count = limits.errorCountMax;
    for (let i = 0; i < limits.foldBurst + 3; i++) report(store, { reports: [reportOf('a', { count })] }, 0);
    tellAll(store);
    expect(sumOf(countsOf(recordsIn(store)))).to.equal((limits.foldBurst + 3) * count);
  });

  it('is told by the next node, as far as it was counted', () => {
    const { store } = world().journal();
    for (let i = 0; i < 100; i++) report(store, { reports: [reportOf('a', { agent: `agent-${i % 3}` })] }, 0);
    store.close();
    const next = world().journal().store;
    const records = recordsIn(next);
    expect(records).to.have.length(limits.foldBurst + 3);
    expect(sumOf(countsOf(records))).to.equal(100);
    expect(next.tell({}).toldCount).to.equal(0);
  });

  it('is told as damage where its count was changed on disk, and where its text was', () => {
    const { store } = world().journal();
    for (const kind of ['a', 'b']) for (let i = 0; i < 10; i++) report(store, { reports: [reportOf(kind)] }, 0);
    store.close();
    world().edit('journal.db', (db) => {
      db.prepare("UPDATE folds SET count = 1000000 WHERE kind = 'a'").run();
      db.prepare("UPDATE fold_bodies SET body = x'00' WHERE kind = 'b'").run();
    });
    const next = world().journal().store;
    const told = recordsIn(next)
      .slice(2 * limits.foldBurst)
      .map(bodyOf);
    expect(told.map(({ code, count = 1 }) => [code, count])).to.deep.equal([
      ['JOURNAL_DAMAGED', 1],
      ['JOURNAL_DAMAGED', 5],
    ]);
  });

  it('leaves no trace where its batch is refused, and does not hold up others', () => {
    const { store } = world().journal();
    const bad = reportOf('a');
    const batches = [
      { reports: [{ ...bad, record: { ...bad.record, agent: 'schön' } }] },
      { reports: [reportOf('b')] },
    ];
    const { outcomes } = store.report({ batches, nowMs: 0 });
    expect(outcomes.map(({ ok }) => ok)).to.deep.equal([false, true]);
    expect([...countsOf(recordsIn(store)).keys()]).to.deep.equal(['b']);
  });
});

describe('errors that all differ', () => {
  const world = useWorld();

  it('take a bounded number of rows, and are all counted', () => {
    const { store } = world().journal();
    const length = 20_000;
    for (let first = 0; first < length; first += limits.reportBatchMax) {
      const count = Math.min(limits.reportBatchMax, length - first);
      const reports = Array.from({ length: count }, (_, i) =>
        reportOf(`kind-${first + i}`, { agent: `agent-${i % 50}` }),
      );
      report(store, { reports }, first / 100);
    }
    world().edit('journal.db', (db) => {
      const rows = (table: string) => db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get();
      expect(rows('fold_kinds')).to.be.at.most(limits.foldKindsMax + limits.foldMachineKindsMax);
      expect(rows('folds')).to.be.at.most(limits.foldKindsMax + limits.foldReserve);
      expect(rows('fold_bodies')).to.equal(rows('folds'));
    });
    tellAll(store);
    const records = recordsIn(store);
    expect(records.length).to.be.at.most(2 * limits.foldKindsMax);
    expect(sumOf(countsOf(records))).to.equal(length);
  });
});
