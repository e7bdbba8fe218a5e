/** BEGIN IMMEDIATE … COMMIT around some work, with the places at which a test may kill the process before and after it. */
import { type Commit, failpoint } from '../../core/failpoint.js';
import type { Connection } from './database.js';

/** All of `work` is committed and synced when this returns; when it throws, nothing is. */
export function transact<T>(db: Connection, what: Commit, work: () => T): T {
  const write = db.transaction(() => {
    const result = work();
    failpoint(`${what}.written`);
    return result;
  });
  const result = write.immediate();
  failpoint(`${what}.committed`);
  return result;
}

/**
 * The same without a sync of its own: no crash of the process can undo it, but a power cut may, until the next commit that is
 * synced. What was synced before stays, and nothing that is committed later is kept without it. For what can be found out again.
 */
export function transactUnsynced<T>(db: Connection, what: Commit, work: () => T): T {
  db.pragma('synchronous = NORMAL');
  try {
    return transact(db, what, work);
  } finally {
    db.pragma('synchronous = FULL');
  }
}
