/**
 * "Only one of these at a time", kept by the kernel: an exclusive SQLite lock held for life is free again the moment
 * its process is gone, however it died, so there is no stale lock to clean up. The holder's pid is written beside it
 * only to be shown; inside the lock file it could not be, because closing a file that was opened twice drops the lock.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { MeshError, systemCodeOf } from '../../core/errors.js';
import { ensureLocalFolder } from './local-folder.js';
import { storeError } from './sqlite-error.js';

export interface ExclusiveLock {
  /** Idempotent. */
  release(): void;
}

/** `description` names what runs, as in "the node of machine main". Fails with ALREADY_RUNNING while another holds it. */
export function acquireLock(file: string, description: string): ExclusiveLock {
  ensureLocalFolder(dirname(file));
  const pidFile = `${file}.pid`;
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (thrown) {
    db?.close();
    throw systemCodeOf(thrown) === 'SQLITE_BUSY'
      ? alreadyRunning(file, description, pidOf(pidFile))
      : storeError(thrown, file);
  }
  return {
    release: () => {
      if (!db.open) return;
      rmSync(pidFile, { force: true }); // before the lock is free: it must not be the next holder's
      db.close();
    },
  };
}

function alreadyRunning(file: string, description: string, pid: number | undefined): MeshError {
  return new MeshError('ALREADY_RUNNING', `${description} runs already${pid === undefined ? '' : ` (pid ${pid})`}`, {
    hint: 'See it with `mesh status`, stop it with `mesh down`.',
    details: { file, ...(pid === undefined ? {} : { pid }) },
  });
}

/** Undefined in the moment between the lock and the writing of the pid. */
function pidOf(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
