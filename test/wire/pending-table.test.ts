import { expect } from 'chai';
import { PendingTable } from '../../common/wire/asking/pending-table.js';

const added = (table: PendingTable<{ id: number }>) => {
  const entry = { id: table.nextId() };
  table.add(entry);
  return entry;
};

describe('the table of pending requests', () => {
  it('gives each entry back once, and none under a number that was not given out', () => {
    const table = new PendingTable<{ id: number }>();
    const entry = added(table);
    for (const id of [0, entry.id + 1, entry.id + 64, 2 ** 53 - 1]) expect(table.take(id)).to.equal(undefined);
    expect(table.take(entry.id)).to.equal(entry);
    expect(table.take(entry.id)).to.equal(undefined);
    expect(table.size).to.equal(0);
  });

  it('never uses a number twice, however long one of them waits and however many pass it', () => {
    const table = new PendingTable<{ id: number }>();
    const old = added(table);
    const seen = new Set([old.id]);
    for (let i = 0; i < 100_000; i++) {
      const { id } = added(table);
      expect(seen.has(id)).to.equal(false);
      seen.add(id);
      table.take(id);
    }
    expect(table.entries()).to.deep.equal([old]);
  });

  it('finds all of many entries while it grows and when it has shrunk', () => {
    const table = new PendingTable<{ id: number }>();
    for (let round = 0; round < 3; round++) {
      const entries = Array.from({ length: 10_000 }, () => added(table));
      expect(table.size).to.equal(10_000);
      expect(table.entries()).to.have.members(entries);
      for (const entry of entries) expect(table.take(entry.id)).to.equal(entry);
    }
    expect(table.entries()).to.deep.equal([]);
  });

  it('lets entries be taken while they are walked', () => {
    const table = new PendingTable<{ id: number }>();
    for (let i = 0; i < 100; i++) added(table);
    for (const { id } of table.entries()) table.take(id);
    expect(table.size).to.equal(0);
  });
});
