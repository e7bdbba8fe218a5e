/** BEGIN IMMEDIATE … COMMIT around some work, with the places at which a test may kill the process before and after it. */
import { MeshError } from '../../core/errors.js';
import { type Commit, failpoint } from '../../core/failpoint.js';
import type { Connection } from './database.js';

/** All of `work` is committed and synced when this returns; when it throws, nothing is. */
export function transact<T>(db: Connection, what: Commit, work: () => T): T {
  let result: { readonly value: T } | undefined;
  immediateOf(db)(() => {
    result = { value: work() };
    failpoint(`${what}.written`);
  });
  failpoint(`${what}.committed`);
  if (result === undefined) throw new MeshError('INTERNAL', `the transaction ${what} was not run`);
  return result.value;
}

type Immediate = (work: () => void) => void;
const immediates = new WeakMap<Connection, Immediate>();

/** One for each connection: to make one costs more than to run it. */
function immediateOf(db: Connection): Immediate {
  let immediate = immediates.get(db);
  if (immediate === undefined) {
    immediate = db.transaction((work: () => void) => work()).immediate;
    immediates.set(db, immediate);
  }
  return immediate;
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
