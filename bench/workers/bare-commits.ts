/** The peer of one record at a time: one row and one FULL-sync commit, in this process, on the disk that we use too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { pack } from 'msgpackr';
import { serveEmitting } from '../work/emitting.js';

const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-commits-'));
const db = new Database(join(folder, 'commits.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE records (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT');
const insert = db.prepare('INSERT INTO records (body) VALUES (?)');
process.on('exit', () => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});
serveEmitting(async (body) => Number(insert.run(pack(body)).lastInsertRowid), 1);
