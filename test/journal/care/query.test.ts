/** Questions in SQL: what they see, what they cannot do, and how much they may answer. */
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { type QueryAnswer, query } from '../../../common/journal/care/query.js';
import type { StoreKind } from '../../../common/journal/care/store-file.js';
import { append, failureOf, recordOf, recordsOf, textOf, useWorld } from '../world.js';
import { filledStores } from './care-world.js';

describe('a question in SQL', () => {
  const world = useWorld();
  const ask = (sql: string, kind: StoreKind = 'journal', rowsMax = 100): QueryAnswer =>
    query({ file: world().path(kind === 'journal' ? 'journal.db' : 'mesh.db'), kind, sql, rowsMax });

  it('sees records with readable times, and bodies as JSON', () => {
    filledStores(world());
    const columns = ['seq', 'at', 'stream', 'agent', 'message', 'pending'];
    const sql = `SELECT seq, at, stream, agent, body ->> '$.message' AS message, pending FROM records WHERE stream = 'errors'`;
    expect(ask(sql)).to.deep.equal({
      columns,
      rows: [[6, '2023-11-14T22:13:20.000Z', 'errors', 'echo', 'a boiler is cold', 0]],
      isCut: false,
    });
  });

  it('sees errors by their parts, in a journal and in the log', () => {
    filledStores(world());
    const sql = 'SELECT code, message, severity, component, count, agent FROM errors';
    const row = ['TEST', 'a boiler is cold', 'error', 'test', 1, 'echo'];
    expect(ask(sql).rows).to.deep.equal([row]);
    expect(ask(sql, 'log').rows).to.deep.equal([row]);
  });

  it('sees the machine of each record in the log, and its chains', () => {
    filledStores(world());
    expect(ask('SELECT machine, count(*) FROM records GROUP BY machine', 'log').rows).to.deep.equal([['pc2', 6]]);
    expect(ask('SELECT machine, head FROM journals', 'log').rows).to.deep.equal([['pc2', 6]]);
    expect(ask('SELECT acked, head, pending FROM journals').rows).to.deep.equal([[6, 6, 0]]);
    expect(ask('SELECT * FROM holes', 'log').rows).to.deep.equal([]);
    expect(ask('SELECT count FROM groups', 'log').rows).to.deep.equal([[1]]);
    expect(ask('SELECT * FROM checkpoints').columns).to.deep.equal(['agent', 'name', 'size', 'value']);
  });

  it('sorts in memory, which is bounded, and never on the disk', () => {
    filledStores(world());
    expect(ask('SELECT temp_store FROM pragma_temp_store').rows).to.deep.equal([[2]]);
  });

  it('changes nothing and reaches no other file, however it is written', () => {
    const { store } = filledStores(world());
    const other = world().path('other.db');
    const attempts = [
      'DELETE FROM main.records',
      "UPDATE main.records SET agent = 'x'",
      'WITH x AS (SELECT 1) DELETE FROM main.records',
      'WITH x AS (SELECT 1) DELETE FROM main.records RETURNING *',
      'INSERT INTO main.meta VALUES (1, 2)',
      `ATTACH '${other}' AS other`,
      `SELECT 1; ATTACH '${other}' AS other`,
      `VACUUM INTO '${other}'`,
      'PRAGMA query_only = OFF',
      'PRAGMA journal_mode = DELETE',
      '/* SELECT */ PRAGMA user_version = 99',
      '-- SELECT\nPRAGMA user_version = 99',
      'BEGIN',
      'CREATE TEMP TABLE t (a)',
      "SELECT load_extension('/tmp/x')",
      "SELECT writefile('/tmp/x', 'x')",
      '',
    ];
    for (const sql of attempts) expect(failureOf(() => ask(sql)).code, sql).to.equal('USAGE');
    expect(append(store, { records: [recordOf('goes on')] }).firstSeq).to.equal(7);
    expect(store.tail({ afterPosition: 0, limit: 1 }).map(textOf)).to.deep.equal(['r1']);
  });

  it('says what of it was not understood', () => {
    filledStores(world());
    expect(failureOf(() => ask('SELECT nonsense FROM records')).message).to.match(/no such column: nonsense/);
    expect(failureOf(() => ask('EXPLODE')).message).to.match(/"EXPLODE" begins none/);
  });

  it('is answered with as many rows and bytes as may be, and told that there are more', () => {
    const { store } = filledStores(world());
    expect(ask('SELECT seq FROM records', 'journal', 3))
      .to.include({ isCut: true })
      .and.property('rows')
      .length(3);
    const body = Buffer.alloc(200_000, 'x');
    append(store, { records: recordsOf(20).map((record) => ({ ...record, body })) });
    const { rows, isCut } = ask('SELECT hex(body) FROM main.records WHERE length(body) > 100000');
    expect(isCut).to.equal(true);
    expect(JSON.stringify(rows).length).to.be.lessThan(limits.queryBytesMax * 1.1);
  });
});
