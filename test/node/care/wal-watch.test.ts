/** A write-ahead log that somebody keeps from being emptied: who reads is named, and what the mesh itself reads is ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { CareRunner } from '../../../agents/node/care/care-runner.js';
import { WalWatch } from '../../../agents/node/care/wal-watch.js';
import { walBytesOf } from '../../../common/journal/sqlite/database.js';
import { readersOf } from '../../../common/journal/sqlite/wal-readers.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';
import { append, recordOf, useWorld } from '../../journal/world.js';
import { expectRejection } from '../../support/expect-error.js';
import { waitUntil } from '../../support/wait-for.js';

const MIB = 1024 * 1024;
const ENDLESS = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, records';
/** Reads, and does not end. */
const READER = `
  const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
  const db = new Database(process.argv[1], { readonly: true });
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM records').get();
  process.stdout.write('reading');
  setInterval(() => undefined, 1000);
`;

describe('a write-ahead log that cannot be emptied', () => {
  const world = useWorld();
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function growingJournal() {
    const { store } = world().journal();
    const body = Buffer.alloc(200_000, 'x');
    const grow = () => append(store, { records: Array(5).fill({ ...recordOf(''), body }) });
    append(store, { records: [recordOf('first')] });
    return { file: world().path('journal.db'), grow };
  }

  async function readerOf(file: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', READER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    if (child.stdout) await once(child.stdout, 'data');
    return child;
  }

  it('is told once, with the process that reads, and no more when it is over', async () => {
    const { file, grow } = growingJournal();
    const reports: ErrorReportInput[] = [];
    const watch = new WalWatch({
      files: { journal: file },
      onReport: (report) => reports.push(report),
      warnedBytes: 20 * MIB,
    });
    const reader = await readerOf(file);
    expect(readersOf(file).map(({ pid }) => pid)).to.deep.equal([reader.pid]);
    while (walBytesOf(file) <= 20 * MIB) grow();
    for (let look = 1; look <= 3; look++) watch.look();
    expect(watch.warnings).to.have.length(1);
    expect(watch.warnings[0]).to.match(
      new RegExp(`log of the journal has \\d+ MiB: .*\\(pid ${reader.pid}\\) reads it for long`),
    );
    expect(reports.map(({ code }) => code)).to.deep.equal(['WAL_HELD']);
    expect(watch.counters['journal.walBytes']).to.be.greaterThan(20 * MIB);

    reader.kill('SIGKILL');
    await once(reader, 'exit');
    expect(readersOf(file)).to.deep.equal([]);
    const heldBytes = walBytesOf(file) + 3 * MIB;
    for (let turn = 1; turn <= 30; turn++) grow();
    expect(walBytesOf(file), 'it is begun anew').to.be.at.most(heldBytes);
  });

  it('ends a question of ours that holds it', async () => {
    const { file, grow } = growingJournal();
    const runner = new CareRunner(process.env, 4 * MIB);
    const options = { file, kind: 'journal', sql: ENDLESS, rowsMax: 1 } as const;
    const asking = runner.run('query', options, 60_000);
    asking.catch(() => undefined);
    await waitUntil('it to read', () => readersOf(file).length > 0);
    while (walBytesOf(file) <= 4 * MIB) grow();
    const { message } = await expectRejection('JOURNAL_FAILED', asking);
    expect(message).to.match(/the query was ended: the write-ahead log of .* had grown to \d+ MiB meanwhile/);
    expect(readersOf(file)).to.deep.equal([]);
  });
});
