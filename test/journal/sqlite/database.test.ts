import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { assertDurable, openDatabase } from '../../../common/journal/sqlite/database.js';
import { ensureLocalFolder, networkFilesystemOf } from '../../../common/journal/sqlite/local-folder.js';
import { storeError } from '../../../common/journal/sqlite/sqlite-error.js';
import { transact, transactUnsynced } from '../../../common/journal/sqlite/transaction.js';
import { append, failureOf, pendingOf, recordsOf, textOf, useWorld } from '../world.js';

describe('opening a store', () => {
  const world = useWorld();
  const migrations = ['CREATE TABLE a (x INTEGER) STRICT', 'CREATE TABLE b (x INTEGER) STRICT'];
  const open = (steps: readonly string[] = migrations) =>
    openDatabase({ file: world().path('x.db'), migrations: steps, wallMs: 5 }, (db) => {
      const read = (pragma: string) => db.pragma(pragma, { simple: true });
      const seen = [read('journal_mode'), read('synchronous'), read('user_version')];
      db.close();
      return seen;
    });

  it('makes every commit synced, read back from the connection after the schema is there', () => {
    expect(open().value).to.deep.equal(['wal', 2, 2]);
    expect(open().value).to.deep.equal(['wal', 2, 2]);
  });

  it('syncs again after a commit that needs none, whether that one succeeded or not', () => {
    openDatabase({ file: world().path('x.db'), migrations, wallMs: 5 }, (db) => {
      const synchronous = () => db.pragma('synchronous', { simple: true });
      const fail = () => {
        throw new Error('in between');
      };
      expect(transactUnsynced(db, 'journal.acknowledge', synchronous)).to.equal(1);
      expect(synchronous()).to.equal(2);
      expect(() => transactUnsynced(db, 'journal.acknowledge', fail)).to.throw('in between');
      expect(synchronous()).to.equal(2);
      expect(transact(db, 'journal.append', synchronous)).to.equal(2);
      db.close();
    });
  });

  it('refuses a connection that would not sync', () => {
    open();
    const db = new Database(world().path('x.db'));
    db.exec('SELECT * FROM a'); // loading the schema of a file in WAL mode is what brings the default of the build
    try {
      expect(failureOf(() => assertDurable(db)).code).to.equal('JOURNAL_FAILED');
    } finally {
      db.close();
    }
  });

  it('runs only the migrations that are missing', () => {
    open(migrations.slice(0, 1));
    expect(open().value[2]).to.equal(2);
  });

  it('refuses a file of a newer version and leaves it as it is', () => {
    open([...migrations, 'CREATE TABLE c (x INTEGER) STRICT']);
    const failure = failureOf(() => open());
    expect([failure.code, failure.details?.['version']]).to.deep.equal(['CONFLICT', 3]);
    expect(open([...migrations, '']).findings).to.deep.equal([]);
  });

  it('names the network filesystems it refuses', () => {
    expect(
      [0x6969, 0xff534d42 | 0, 0x65735546, 0x01021997, 0x01161970, 0xef53, 0x01021994].map(networkFilesystemOf),
    ).to.deep.equal(['NFS', 'CIFS', 'FUSE', '9P', 'GFS2', undefined, undefined]);
    const failure = failureOf(() => ensureLocalFolder(world().folder, () => 0x6969));
    expect([failure.code, failure.details?.['filesystem']]).to.deep.equal(['CONFIG_INVALID', 'NFS']);
  });

  it('says which folder cannot be used', () => {
    writeFileSync(world().path('plain'), '');
    const failure = failureOf(() => ensureLocalFolder(world().path('plain/data')));
    expect([failure.code, failure.message.includes('plain/data')]).to.deep.equal(['JOURNAL_FAILED', true]);
  });

  it('tells the trouble of the machine from damage and from bugs', () => {
    const codes = [
      'SQLITE_FULL',
      'SQLITE_IOERR_WRITE',
      'SQLITE_READONLY',
      'SQLITE_CORRUPT_VTAB',
      'SQLITE_NOTADB',
      'SQLITE_ERROR',
    ];
    expect(codes.map((code) => storeError(new Database.SqliteError('x', code), 'f').code)).to.deep.equal([
      'JOURNAL_FAILED',
      'JOURNAL_FAILED',
      'JOURNAL_FAILED',
      'JOURNAL_DAMAGED',
      'JOURNAL_DAMAGED',
      'INTERNAL',
    ]);
  });

  it('fails with JOURNAL_FAILED where there is no file to open', () => {
    mkdirSync(world().path('x.db'));
    const failure = failureOf(() => open());
    expect([failure.code, failure.details?.['cause']]).to.deep.equal(['JOURNAL_FAILED', 'EISDIR']);
  });
});

describe('a damaged file', () => {
  const world = useWorld();
  const damages: [what: string, spoil: (bytes: Buffer) => Buffer][] = [
    ['with a flipped byte in its first word', (bytes) => flip(bytes, 3)],
    ['whose header says that nobody may write it', (bytes) => flip(bytes, 18, 0x04)],
    ['that was cut to nothing', () => Buffer.alloc(0)],
    ['that was cut in the middle', (bytes) => bytes.subarray(0, 4096)],
    ['with a page of zeros', (bytes) => bytes.fill(0, 4096, 8192)],
    ['that is something else', () => Buffer.from('a text file\n'.repeat(1000))],
  ];

  for (const [what, spoil] of damages) {
    it(`${what} is put aside, a fresh one begun, and that is said`, () => {
      const { store } = world().journal();
      append(store, { records: recordsOf(20) });
      store.close();
      const file = world().path('journal.db');
      const spoilt = spoil(readFileSync(file));
      writeFileSync(file, spoilt);

      const { store: fresh, findings } = world().journal('journal.db', 77);

      expect(findings.map(({ kind }) => kind)).to.deep.equal(['quarantined']);
      expect(readFileSync(`${file}.damaged-77`).subarray(100)).to.deep.equal(spoilt.subarray(100));
      append(fresh, { records: recordsOf(1, 'new') });
      expect(pendingOf(fresh).flatMap(({ entries }) => entries.map(textOf))).to.deep.equal(['new1']);
    });
  }

  it('that was put aside before is not overwritten', () => {
    for (const time of [1, 2]) {
      writeFileSync(world().path('journal.db'), `broken ${time}`);
      world().journal('journal.db', 77).store.close();
    }
    expect([77, 78].map((ms) => readFileSync(`${world().path('journal.db')}.damaged-${ms}`, 'utf8'))).to.deep.equal([
      'broken 1',
      'broken 2',
    ]);
  });

  it('whose write-ahead log is all that is left is put aside', () => {
    writeFileSync(world().path('journal.db-wal'), 'left over');
    const { findings } = world().journal('journal.db', 77);
    expect(findings.map(({ kind }) => kind)).to.deep.equal(['quarantined']);
    expect(existsSync(`${world().path('journal.db')}.damaged-77-wal`)).to.equal(true);
  });
});

function flip(bytes: Buffer, at: number, mask = 0x20): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
  return bytes;
}
