/** What a main log gets again that was put back, or begun anew: all that the journal holds, and once. */
import { copyFileSync } from 'node:fs';
import { expect } from 'chai';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import { append, chainOf, recordsOf, textOf, useWorld } from '../../journal/world.js';
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

describe('a main log that was begun anew after a journal was in trouble', () => {
  const world = useWorld();

  const metricsOf = (log: LogStore): string[] => log.read({ stream: 'metrics' }).records.map(textOf);

  it('gets also what a journal holds of a chain whose tail it has lost', () => {
    const { store } = world().journal();
    append(store, { records: recordsOf(3) });
    const log = world().log();
    driveOutbox(store, log);
    store.close();
    copyFileSync(world().path('journal.db'), world().path('backup.db'));
    const { store: later } = world().journal();
    append(later, { records: recordsOf(2, 'lost') });
    driveOutbox(later, log);
    later.close();
    copyFileSync(world().path('backup.db'), world().path('journal.db'));
    const { store: restored } = world().journal();
    append(restored, { records: recordsOf(2, 'new') });
    driveOutbox(restored, log);
    expect(restored.status().chains.map(({ status }) => status)).to.include('lost-tail');
    const anew = world().log({ file: world().path('anew.db') });
    driveOutbox(restored, anew);
    driveOutbox(restored, anew);
    expect(metricsOf(anew)).to.deep.equal(['r1', 'r2', 'r3', 'new1', 'new2']);
    // The first one is back: it has all of that already.
    driveOutbox(restored, log);
    expect(metricsOf(log)).to.deep.equal(['r1', 'r2', 'r3', 'lost1', 'lost2', 'new1', 'new2']);
  });

  it('gets also what was before the place from which a chain was written again', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(3) });
    const log = world().log();
    driveOutbox(store, log);
    append(store, { records: recordsOf(2, 'mine') });
    const other = chainOf(journalId, [...recordsOf(3), ...recordsOf(1, 'other')]);
    log.appendBatches([{ journalId, machine: 'pc2', entries: other }]);
    driveOutbox(store, log);
    expect(metricsOf(log)).to.deep.equal(['r1', 'r2', 'r3', 'other1', 'mine1', 'mine2']);
    const anew = world().log({ file: world().path('anew.db') });
    driveOutbox(store, anew);
    expect(metricsOf(anew)).to.deep.equal(['r1', 'r2', 'r3', 'mine1', 'mine2']);
    driveOutbox(store, log);
    expect(metricsOf(log)).to.deep.equal(['r1', 'r2', 'r3', 'other1', 'mine1', 'mine2']);
  });
});
