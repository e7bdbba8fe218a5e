/** What a main log gets again that was put back further than a journal goes back: all that the journal holds, and once. */
import { expect } from 'chai';
import { append, recordsOf, textOf, useWorld } from '../../journal/world.js';
import { driveOutbox } from '../../support/runs/drive-outbox.js';

describe('a main log that was put back to before what a journal has pruned', () => {
  const world = useWorld();

  it('gets all that the journal still holds, acknowledged or not, once and in order', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(20) });
    const log = world().log();
    driveOutbox(store, log);
    // These are on main, and its answer was lost.
    append(store, { records: recordsOf(3, 'late') });
    const run = store.readUnacked({ limit: 100, bytesMax: 1_000_000 });
    if (run === undefined) throw new Error('there is nothing to send');
    log.appendBatches([{ journalId, machine: 'pc2', previousHash: run.previous.hash, entries: run.entries }]);
    store.prune({ keep: 6 });
    for (const name of ['anew.db', 'again.db']) {
      const other = world().log({ file: world().path(name) });
      driveOutbox(store, other);
      driveOutbox(store, other);
      const texts = other.read({ stream: 'metrics' }).records.map(textOf);
      expect(texts, name).to.deep.equal(['r15', 'r16', 'r17', 'r18', 'r19', 'r20', 'late1', 'late2', 'late3']);
    }
  });
});
