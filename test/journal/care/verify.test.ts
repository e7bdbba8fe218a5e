/** The walk over every hash of a store, beside its writer: what it finds, and what it calls it. */
import { expect } from 'chai';
import type { StoreKind } from '../../../common/journal/care/store-file.js';
import type { StoreVerdict } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { answerOf, append, failureOf, forward, recordsOf, useWorld } from '../world.js';
import { filledStores } from './care-world.js';

const sound = { unverifiableCount: 0, damagedCount: 0, missingCount: 0, holeCount: 0, findings: [], forks: [] };

describe('a walk over every hash', () => {
  const world = useWorld();
  const walk = (kind: StoreKind): StoreVerdict =>
    verifyStore(world().path(kind === 'journal' ? 'journal.db' : 'mesh.db'), kind, () => undefined);
  const told = ({ findings }: StoreVerdict) => findings.map(({ seq, reason }) => [seq, reason]);

  it('finds nothing wrong with what was written, over several pages and chains', () => {
    const { store, log } = filledStores(world(), 990);
    append(store, { records: recordsOf(900) });
    append(store, { records: recordsOf(800) });
    forward(store, log);
    store.close();
    const { store: again } = world().journal();
    append(again, { records: recordsOf(7) });
    forward(again, log);
    for (const kind of ['journal', 'log'] as const)
      expect(walk(kind), kind).to.deep.equal({ ...sound, checkedCount: 2_698 });
  });

  it('says how far it is', () => {
    filledStores(world(), 990);
    const seen: [number, number][] = [];
    verifyStore(world().path('journal.db'), 'journal', ({ doneCount, totalCount }) =>
      seen.push([doneCount, totalCount]),
    );
    expect(seen).to.deep.equal([[991, 991]]);
  });

  it('names a record that was changed, in a journal and in the log, and none behind it', () => {
    filledStores(world());
    world().edit('journal.db', (db) => db.exec('UPDATE records SET ts = ts + 1 WHERE position = 3'));
    world().edit('mesh.db', (db) => db.exec("UPDATE records SET agent = 'someone' WHERE id = 4"));
    for (const [kind, seq] of [
      ['journal', 3],
      ['log', 4],
    ] as const) {
      const verdict = walk(kind);
      expect([verdict.damagedCount, told(verdict)], kind).to.deep.equal([
        1,
        [[seq, 'its content does not match its hash']],
      ]);
    }
  });

  it('names what is gone, and says of what stands behind it that nothing proves it', () => {
    filledStores(world());
    world().edit('mesh.db', (db) => db.exec('DELETE FROM records WHERE id IN (2, 3)'));
    expect(walk('log')).to.deep.include({ checkedCount: 4, unverifiableCount: 1, missingCount: 2 });
    expect(told(walk('log'))).to.deep.equal([[2, 'it and the next 1 are not held']]);
    world().edit('journal.db', (db) => db.exec('DELETE FROM records WHERE position = 2'));
    expect(walk('journal')).to.deep.include({ checkedCount: 5, unverifiableCount: 1, missingCount: 1 });
  });

  it('sees that the end of a chain is gone or another', () => {
    filledStores(world());
    world().edit('mesh.db', (db) => db.exec('DELETE FROM records WHERE id = 6'));
    expect(told(walk('log'))).to.deep.equal([[6, 'it is not held']]);
  });

  it('counts holes, which say themselves why they are none', () => {
    const { store, log } = filledStores(world());
    append(store, { records: recordsOf(3) });
    world().edit('journal.db', (db) => db.exec("UPDATE records SET body = x'00' WHERE position = 8"));
    forward(store, log);
    expect(walk('log')).to.deep.equal({ ...sound, checkedCount: 8, holeCount: 1 });
  });

  it('does not take what was pruned for lost', () => {
    const { store, log } = filledStores(world(), 100);
    store.prune({ keep: 10 });
    log.prune({ keep: 20 });
    expect(walk('journal')).to.deep.equal({ ...sound, checkedCount: 10 });
    expect(walk('log')).to.deep.equal({ ...sound, checkedCount: 20, unverifiableCount: 1 });
  });

  it('tells of two chains behind one parent: a journal was restored from a backup', () => {
    const { store, log } = filledStores(world());
    const { journalId: parentId } = store.status();
    const [one, two] = ['1'.repeat(20), '2'.repeat(20)];
    for (const journalId of [one, two]) {
      log.hello({ journalId, machine: 'pc2', parentId });
      const hole = { kind: 'hole', seq: 1, hash: null, reason: 'test' } as const;
      answerOf(log.appendBatches([{ journalId, machine: 'pc2', entries: [hole] }])[0]);
    }
    expect(walk('log').forks).to.deep.equal([{ parentId, journalIds: [one, two] }]);
  });

  it('refuses a file in which the row of a chain was changed: nothing of it can be trusted', () => {
    filledStores(world());
    world().edit('journal.db', (db) => db.exec('UPDATE chains SET head_seq = head_seq - 1'));
    world().edit('mesh.db', (db) => db.exec('UPDATE journals SET head_seq = head_seq - 1'));
    for (const kind of ['journal', 'log'] as const)
      expect(failureOf(() => walk(kind)).code).to.equal('JOURNAL_DAMAGED');
  });
});
