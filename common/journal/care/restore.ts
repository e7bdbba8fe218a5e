/**
 * Putting a backup in the place of a store, while nobody has it open: the caller sees to that. What was there is kept
 * under another name, never deleted.
 *
 * A journal: what the present file holds and main does not have goes along (`carry-over.ts`), as far as it can be read. The
 * restored journal begins a new chain, so that nothing it writes can be taken for something main holds already, and the
 * restoring itself is its first record there. What is lacking all the same is told when both sides compare.
 * The log: gets again what the journals still hold, and gives out no id that it gave out before.
 */
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { LogReader } from '../log/log-reader.js';
import { JournalStore } from '../machine/journal-store.js';
import type { NewRecord } from '../record.js';
import { asideName } from '../sqlite/aside-files.js';
import type { Connection } from '../sqlite/database.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { syncFile, unpack } from './archive.js';
import { checkCopy, ensureRoom } from './backup.js';
import { carryOver, pendingCountOf } from './carry-over.js';
import { assertIdentity, besideStore, type StoreKind } from './store-file.js';
import { isSound, type StoreVerdict } from './store-verdict.js';

export interface RestoreOptions {
  /** Packed, as `backUp` leaves it. */
  readonly archive: string;
  /** The store that it replaces. */
  readonly file: string;
  readonly kind: StoreKind;
  readonly machine: string;
  readonly wallMs: number;
  /** Only look: nothing is changed. */
  readonly isDryRun: boolean;
  /** What the restored journal tells of it. */
  readonly incidentOf: (carriedCount: number | undefined, countedAgain: number) => NewRecord;
}

export interface Restored {
  /** Of the backup. */
  readonly verdict: StoreVerdict;
  /** Where what was there is now, or would be; undefined when there was nothing. */
  readonly replaced: string | undefined;
  /** Records in it that main does not have, and that go along. Undefined when it cannot be read: then nobody knows. */
  readonly carriedCount: number | undefined;
  /** Errors that the backup had counted, and that are told once more: the counts of now could not be taken along. */
  readonly countedAgain: number;
}

/** @throws JOURNAL_DAMAGED (the backup), CONFLICT (foreign, or newer), NOT_FOUND, JOURNAL_FAILED */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { archive, file, kind, machine, wallMs, isDryRun } = options;
  const copy = `${file}.restoring`;
  if (!existsSync(archive)) {
    throw new MeshError('NOT_FOUND', `there is no backup ${archive}`, { hint: 'See `mesh journal backups`.' });
  }
  remove(copy);
  ensureRoom(archive, dirname(file));
  try {
    await unpack(archive, copy);
    besideStore(copy, (db) => assertIdentity(db, kind, machine));
    const verdict = checkCopy(copy, kind);
    if (!isSound(verdict)) throw damagedBackup(archive, verdict);
    const replaced = existsSync(file) ? asideName(file, 'replaced', wallMs) : undefined;
    const present = readable(file, kind);
    if (isDryRun) return { verdict, replaced, carriedCount: present?.pendingCount, countedAgain: 0 };
    const prepared = kind === 'journal' ? prepareJournal(copy, options) : { carriedCount: 0, countedAgain: 0 };
    if (kind === 'log') continueIds(copy, present?.headId);
    if (present !== undefined) takeLogIn(file);
    putInPlace(copy, file, replaced);
    return { verdict, replaced, ...prepared };
  } catch (thrown) {
    throw storeError(thrown, file);
  } finally {
    remove(copy);
  }
}

interface PresentStore {
  readonly pendingCount: number;
  readonly headId: number;
}

/** Undefined when it cannot be read: that is what a restore is for. */
function readable(file: string, kind: StoreKind): PresentStore | undefined {
  if (!existsSync(file)) return { pendingCount: 0, headId: 0 };
  return ifReadable(file, (db) =>
    kind === 'log'
      ? { pendingCount: 0, headId: new LogReader(db).headId() }
      : { pendingCount: pendingCountOf(db), headId: 0 },
  );
}

function ifReadable<T>(file: string, work: (db: Connection) => T): T | undefined {
  try {
    return besideStore(file, work);
  } catch {
    return undefined;
  }
}

function prepareJournal(
  copy: string,
  { file, machine, wallMs, incidentOf }: RestoreOptions,
): Pick<Restored, 'carriedCount' | 'countedAgain'> {
  // An older backup gets the tables of today. Its counts were told long ago, unless nobody can say what came of them.
  JournalStore.open({ file: copy, machine, wallMs, keepsCounts: true }).store.close();
  const isThere = existsSync(file);
  const carriedCount = isThere ? ifReadable(file, (present) => carryInto(copy, present)) : 0;
  const { store } = JournalStore.open({ file: copy, machine, wallMs });
  const countedAgain = isThere && carriedCount !== undefined ? 0 : store.countedBefore;
  try {
    const [outcome] = store.appendBatches([{ records: [incidentOf(carriedCount, countedAgain)] }]);
    if (outcome?.ok === false) throw outcome.error;
  } finally {
    store.close();
  }
  syncFile(copy);
  return { carriedCount, countedAgain };
}

function carryInto(copy: string, present: Connection): number {
  const db = new Database(copy);
  try {
    return carryOver(present, db);
  } finally {
    db.close();
  }
}

const remove = (copy: string): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
};

/** Whoever reads the log by id goes on behind the last one: an id that comes twice would be passed over. */
function continueIds(copy: string, headId: number | undefined): void {
  const db = new Database(copy);
  try {
    const known = new LogReader(db).headId();
    const next = headId === undefined ? known + limits.restoredIdsSkipped : Math.max(headId, known);
    const { changes } = db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'records'").run(next);
    if (changes === 0) db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('records', ?)").run(next);
  } finally {
    db.close();
  }
  syncFile(copy);
}

/** There is a whole store under its name at every moment, whenever this is killed. */
function putInPlace(copy: string, file: string, replaced: string | undefined): void {
  if (replaced !== undefined) {
    linkSync(file, replaced);
    for (const suffix of ['-wal', '-shm']) if (existsSync(file + suffix)) renameSync(file + suffix, replaced + suffix);
  }
  renameSync(copy, file);
  syncFile(dirname(file));
}

/**
 * Of a store that can be read: its write-ahead log beside the backup would be taken for the backup's own. A ruin's is not
 * touched, for SQLite would delete what it does not understand; it is put aside with its file.
 */
function takeLogIn(file: string): void {
  const db = new Database(file, { timeout: limits.journalBusyMs });
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

function damagedBackup(archive: string, { damagedCount, missingCount, findings }: StoreVerdict): MeshError {
  const [first] = findings;
  const where = first === undefined ? '' : `: record ${first.seq} of ${first.journalId}, ${first.reason}`;
  return new MeshError(
    'JOURNAL_DAMAGED',
    `${archive} does not hold what was written: ${damagedCount} damaged, ${missingCount} missing${where}`,
    { hint: 'Take an older backup: `mesh journal backups` lists them.' },
  );
}
