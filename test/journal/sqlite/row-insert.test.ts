import Database from 'better-sqlite3';
import { expect } from 'chai';
import { RowInsert } from '../../../common/journal/sqlite/row-insert.js';

describe('rows that are inserted together', () => {
  it('are all there, in their order and with ids without a gap, however many they are', () => {
    for (const count of [0, 1, 7, 8, 9, 16, 21]) {
      const db = new Database(':memory:');
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, s TEXT NOT NULL) STRICT');
      const rows = Array.from({ length: count }, (_, i): [number, string] => [i, `row ${i}`]);
      const lastId = new RowInsert<[number, string]>(db, 't', ['n', 's']).run(rows);
      expect(lastId).to.equal(count);
      const stored = rows.map(([n, s], i) => ({ id: i + 1, n, s }));
      expect(db.prepare('SELECT * FROM t ORDER BY id').all()).to.deep.equal(stored);
      db.close();
    }
  });
});
