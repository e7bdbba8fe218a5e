/** What can be done with a store beside its own connection, in the same thread: whether it can be written, and its log. */
import Database from 'better-sqlite3';
import { limits } from '../../core/limits.js';
import { type Connection, makeDurable } from './database.js';
import { storeError } from './sqlite-error.js';

/** A commit that changes nothing, and is synced as any other. @throws JOURNAL_FAILED as any other would */
export function probeStore(file: string): void {
  beside(file, (db) => {
    makeDurable(db, 'power cut');
    const version = Number(db.pragma('user_version', { simple: true }));
    db.transaction(() => db.pragma(`user_version = ${version}`)).immediate();
  });
}

/** Moves what is committed into the file, so that the room of the write-ahead log can be used again. */
export function checkpointStore(file: string): void {
  beside(file, (db) => db.pragma('wal_checkpoint(PASSIVE)'));
}

function beside(file: string, work: (db: Connection) => void): void {
  let db: Connection | undefined;
  try {
    db = new Database(file, { timeout: limits.journalBusyMs, fileMustExist: true });
    work(db);
  } catch (thrown) {
    throw storeError(thrown, file);
  } finally {
    db?.close();
  }
}
