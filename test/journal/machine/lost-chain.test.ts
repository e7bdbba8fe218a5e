/** A chain of which main holds more, and which this file has forgotten: told once, whoever is restarted meanwhile. */
import { expect } from 'chai';
import { append, failureOf, pendingOf, recordOf, recordsOf, textOf, useWorld } from '../world.js';

describe('a chain of which main holds more', () => {
  const world = useWorld();
  const incident = recordOf('its tail is lost', 'errors', 'node');

  it('is told of once also when it is pruned and forgotten: the chains behind it name it no more', () => {
    const first = world().journal().store;
    const { journalId: forgotten } = append(first, { records: recordsOf(3) });
    first.acknowledge({ journalId: forgotten, seq: 3 });
    first.prune({ keep: 0 });
    first.close();

    const { store } = world().journal();
    expect(store.status().chains.map(({ parentId }) => parentId)).to.deep.equal([forgotten]);
    expect(store.markLostTail({ journalId: forgotten, incident })).to.equal(true);
    expect(failureOf(() => store.markLostTail({ journalId: forgotten, incident })).code).to.equal('NOT_FOUND');
    store.close();

    const again = world().journal().store;
    expect(again.status().chains.map(({ parentId }) => parentId)).to.not.include(forgotten);
    expect(pendingOf(again).flatMap(({ entries }) => entries.map(textOf))).to.deep.equal(['its tail is lost']);
  });

  it('is told of once also when it is forgotten afterwards', () => {
    const first = world().journal().store;
    const { journalId: lost } = append(first, { records: recordsOf(3) });
    first.acknowledge({ journalId: lost, seq: 3 });
    first.close();

    const { store } = world().journal();
    expect(store.markLostTail({ journalId: lost, incident })).to.equal(true);
    expect(store.markLostTail({ journalId: lost, incident })).to.equal(false);
    store.prune({ keep: 0 });
    expect(store.status().chains.map(({ journalId, parentId }) => [journalId === lost, parentId])).to.deep.equal([
      [false, null],
    ]);
  });
});
