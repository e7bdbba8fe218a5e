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
