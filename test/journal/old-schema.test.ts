/** Files of the first release: their records, without marks, stay proved, and the chains go on with records that have some. */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { LogJournals } from '../../common/journal/log/log-journals.js';
import { logMigrations } from '../../common/journal/log/log-schema.js';
import { ChainTable } from '../../common/journal/machine/chain-table.js';
import { journalMigrations } from '../../common/journal/machine/journal-schema.js';
import { genesisHash } from '../../common/journal/record.js';
import { append, forward, pendingOf, recordOf, textOf, useWorld } from './world.js';

const marks = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', ref: '', key: 'order-17' };

/** As the first release computed it, for records of `recordOf`. */
function oldHash(previous: Uint8Array, seq: number, text: string): Uint8Array {
  const { stream, agent, tsMs, epoch } = recordOf(text);
  const numbers = Buffer.alloc(24);
  for (const [index, number] of [seq, tsMs, epoch].entries()) numbers.writeBigUInt64BE(BigInt(number), index * 8);
  const hash = createHash('sha256').update(previous).update(numbers);
  for (const part of [stream, agent, text]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return hash.digest();
}

/** A file with the first migration alone, and what `fill` puts into it. */
function writeOldFile(file: string, migrations: readonly string[], fill: (db: Database.Database) => void): void {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(migrations[0] ?? '');
  db.pragma('user_version = 1');
  fill(db);
  db.close();
}

describe('a file of the first release', () => {
  const world = useWorld();
  const texts = ['r1', 'r2', 'r3'];

  function writeOldJournal(): string {
    let journalId = '';
    writeOldFile(world().path('journal.db'), journalMigrations, (db) => {
      const chains = new ChainTable(db);
      const chain = chains.mint(500);
      journalId = chain.journalId;
      let { hash } = chain.head;
      texts.forEach((text, index) => {
        hash = oldHash(hash, index + 1, text);
        const { tsMs, stream, agent, epoch, body } = recordOf(text);
        db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)').run(
          index + 1,
          tsMs,
          stream,
          agent,
          epoch,
          body,
          hash,
        );
      });
      chains.put({ ...chain, head: { seq: texts.length, hash } });
    });
    return journalId;
  }

  function writeOldLog(journalId: string): void {
    writeOldFile(world().path('mesh.db'), logMigrations, (db) => {
      const hash = oldHash(genesisHash(journalId), 1, 'r1');
      const { tsMs, stream, agent, epoch, body } = recordOf('r1');
      db.prepare('INSERT INTO records VALUES (1, 1, 1, ?, ?, ?, ?, ?, ?)').run(tsMs, stream, agent, epoch, body, hash);
      const journals = new LogJournals(db);
      journals.put({ id: 1, journalId, machine: 'pc2', parentId: null, baseSeq: 0, head: { seq: 1, hash } });
    });
  }

  it('of a journal keeps its records, proved, and takes new ones with marks', () => {
    const journalId = writeOldJournal();
    const { store, findings } = world().journal();
    expect(findings).to.deep.equal([]);
    append(store, { records: [{ ...recordOf('r4'), ...marks }] });
    const runs = pendingOf(store);
    expect(runs.map((run) => run.entries.map(textOf))).to.deep.equal([texts, ['r4']]);
    expect(runs[0]?.journalId).to.equal(journalId);
    expect(runs[1]?.entries[0]).to.include(marks);
  });

  it('of main’s log keeps its records, proved, and goes on with its chains', () => {
    const journalId = writeOldJournal();
    writeOldLog(journalId);
    const { store } = world().journal();
    append(store, { records: [{ ...recordOf('r4'), ...marks }] });
    const log = world().log();
    store.acknowledge({ journalId, seq: 1 });
    forward(store, log);
    const { records } = log.read({});
    expect(records.map(textOf)).to.deep.equal([...texts, 'r4']);
    expect(records.map(({ integrity }) => integrity)).to.deep.equal(new Array(4).fill('verified'));
    expect(records.map(({ trace }) => trace)).to.deep.equal(['', '', '', marks.trace]);
    expect(records.map(({ key }) => key)).to.deep.equal(['', '', '', marks.key]);
  });
});
