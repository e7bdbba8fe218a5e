/** A journal restored from an older copy: no number is used twice, what was written since shows, nothing is swallowed. */
import { copyFileSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import type { JournalStore } from '../../../common/journal/machine/journal-store.js';
import { append, forward, pendingOf, recordOf, recordsOf, textOf, useWorld, type World } from '../world.js';

function backUp(world: World): void {
  world.edit('journal.db', (db) => db.prepare('VACUUM INTO ?').run(world.path('backup.db')));
}

function restore(world: World): JournalStore {
  for (const suffix of ['-wal', '-shm']) rmSync(world.path(`journal.db${suffix}`), { force: true });
  copyFileSync(world.path('backup.db'), world.path('journal.db'));
  return world.journal().store;
}

describe('a journal restored from a backup', () => {
  const world = useWorld();

  it('never uses a number again: its new records all reach the log, none twice', () => {
    const log = world().log();
    const { store } = world().journal();
    append(store, { records: recordsOf(3, 'old') });
    backUp(world());
    append(store, { records: recordsOf(3, 'lost') });
    forward(store, log);
    store.close();

    const restored = restore(world());
    append(restored, { records: recordsOf(3, 'new') });
    forward(restored, log);

    expect(log.read({}).records.map(textOf)).to.deep.equal([
      'old1',
      'old2',
      'old3',
      'lost1',
      'lost2',
      'lost3',
      'new1',
      'new2',
      'new3',
    ]);
  });

  it('shows at hello that its tail is lost, and reports that once', () => {
    const log = world().log();
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(3) });
    backUp(world());
    append(store, { records: recordsOf(3) });
    forward(store, log);
    store.close();

    const restored = restore(world());
    const held = log.hello({ journalId, machine: 'pc2' });
    const chain = restored.status().chains.find((candidate) => candidate.journalId === journalId);
    expect([held.headSeq, chain?.headSeq]).to.deep.equal([6, 3]);

    const incident = recordOf('the tail is lost', 'errors');
    expect(restored.markLostTail({ journalId, incident })).to.equal(true);
    expect(restored.markLostTail({ journalId, incident })).to.equal(false);
    expect(pendingOf(restored).map(({ entries }) => entries.map(textOf))).to.deep.equal([['the tail is lost']]);
    restored.close();
    const { store: again } = world().journal();
    expect(again.markLostTail({ journalId, incident })).to.equal(false);
    expect(pendingOf(again).flatMap(({ entries }) => entries.map(textOf))).to.deep.equal(['the tail is lost']);
  });

  it('is known by its sibling when a whole chain was lost with it', () => {
    const log = world().log();
    const announce = (store: JournalStore) => {
      const { journalId, parentId } = store.status().chains.at(-1) ?? { journalId: '', parentId: null };
      return log.hello({ journalId, machine: 'pc2', parentId });
    };
    const { store } = world().journal();
    append(store, { records: recordsOf(1) });
    forward(store, log);
    backUp(world());
    store.close();
    const { store: second } = world().journal();
    append(second, { records: recordsOf(1, 'lost') });
    expect(announce(second).siblingId).to.equal(undefined);
    forward(second, log);
    second.close();

    expect(announce(restore(world())).siblingId).to.equal(second.status().journalId);
  });

  it('does not mistake a chain in which nothing was written for a lost one', () => {
    const log = world().log();
    for (const opening of [1, 2, 3]) {
      const { store } = world().journal('journal.db', opening);
      const { journalId, parentId } = store.status().chains.at(-1) ?? { journalId: '', parentId: null };
      expect(log.hello({ journalId, machine: 'pc2', parentId }).siblingId).to.equal(undefined);
      store.close();
    }
  });
});
