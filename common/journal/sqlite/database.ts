/**
 * Opening a SQLite file. Promises: write-ahead log with a sync on every commit, read back and asserted (better-sqlite3 is
 * built so that WAL alone means no sync); schema migrated to the newest number; a file of a newer version refused; a
 * damaged one put aside under another name, with its WAL, and a fresh one begun, which the caller is told. A file is never
 * deleted here, but an empty one that this opening made itself. A store whose content a power cut makes worthless anyway may
 * ask for commits that only a crash of its process cannot undo.
 *
 * A file beyond `quickCheckBytesMax` is not walked at opening; its damage shows when the rows are read.
 */
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { asideName } from './aside-files.js';
import { ensureLocalFolder } from './local-folder.js';
import { isDamage, storeError } from './sqlite-error.js';

export type Connection = Database.Database;

export interface Quarantined {
  readonly kind: 'quarantined';
  readonly file: string;
  readonly movedTo: string;
  readonly reason: string;
}

export interface OpenOptions {
  readonly file: string;
  /** SQL of step n at index n-1; append only. */
  readonly migrations: readonly string[];
  /** Names the file that is put aside. */
  readonly wallMs: number;
  /** What a commit outlives; default: a power cut. */
  readonly outlives?: Outlives;
}

export type Outlives = 'power cut' | 'crash';

/** `synchronous`, as it is set and as it is read back. */
const SYNCHRONOUS = { 'power cut': ['FULL', 2], crash: ['NORMAL', 1] } as const;

/**
 * Opens `file` and hands it to `load`; damage found by either puts the file aside and begins anew, once.
 * Fails with JOURNAL_FAILED, CONFLICT (newer schema), CONFIG_INVALID (network filesystem).
 */
export function openDatabase<T>(
  options: OpenOptions,
  load: (db: Connection) => T,
): { value: T; findings: Quarantined[] } {
  const { file } = options;
  ensureLocalFolder(dirname(file));
  try {
    return { value: attempt(options, load), findings: [] };
  } catch (thrown) {
    if (!isDamage(thrown)) throw storeError(thrown, file);
    const movedTo = putAside(file, options.wallMs);
    const findings: Quarantined[] = [{ kind: 'quarantined', file, movedTo, reason: messageOf(thrown) }];
    try {
      return { value: attempt(options, load), findings };
    } catch (again) {
      throw storeError(again, file);
    }
  }
}

function attempt<T>(options: OpenOptions, load: (db: Connection) => T): T {
  const damage = headerDamageOf(options.file);
  if (damage !== undefined) throw new MeshError('JOURNAL_DAMAGED', `${options.file} ${damage}`);
  const isBegun = existsSync(options.file);
  const db = new Database(options.file, { timeout: limits.journalBusyMs });
  const { outlives = 'power cut' } = options;
  try {
    makeDurable(db, outlives);
    checkPages(db, options.file);
    migrate(db, options);
    assertDurable(db, outlives); // last, because loading a schema is where the compiled-in default would come back
    return load(db);
  } catch (thrown) {
    db.close();
    if (!isBegun) removeEmpty(options.file);
    throw thrown;
  }
}

/** On a disk that was full from the first moment on: the next opening would take it for a store that lost all it had. */
function removeEmpty(file: string): void {
  if (bytesOf(file) > 0) return;
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

/** What SQLite would take for an empty or read-only database, though it is a damaged one. */
function headerDamageOf(file: string): string | undefined {
  if (!existsSync(file)) return existsSync(`${file}-wal`) ? 'is gone, though its write-ahead log is there' : undefined;
  if (statSync(file).size === 0) return 'is empty';
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, header.byteLength, 0);
  } finally {
    closeSync(descriptor);
  }
  const [writeVersion = 0, readVersion = 0] = header.subarray(18);
  const isSound =
    header.toString('latin1', 0, 16) === 'SQLite format 3\0' &&
    [1, 2].includes(writeVersion) &&
    [1, 2].includes(readVersion);
  return isSound ? undefined : 'does not begin like a database';
}

/** Sets what every commit on this connection outlives. */
export function makeDurable(db: Connection, outlives: Outlives): void {
  const [synchronous] = SYNCHRONOUS[outlives];
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.pragma('fullfsync = ON'); // macOS: a plain fsync there does not reach the disk
  db.pragma('cell_size_check = ON');
  db.pragma(`wal_autocheckpoint = ${limits.journalWalPages}`);
  db.pragma(`journal_size_limit = ${limits.journalWalBytesKept}`);
}

/** Fails with JOURNAL_FAILED unless every commit on this connection outlives what it has to. */
export function assertDurable(db: Connection, outlives: Outlives = 'power cut'): void {
  const [, wanted] = SYNCHRONOUS[outlives];
  const journalMode = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (journalMode === 'wal' && synchronous === wanted) return;
  throw new MeshError(
    'JOURNAL_FAILED',
    `${db.name} would not keep its commits (journal_mode ${journalMode}, synchronous ${synchronous})`,
    {
      hint: 'Put the data folder on a local disk with a filesystem that can map memory.',
    },
  );
}

function checkPages(db: Connection, file: string): void {
  if (statSync(file).size > limits.quickCheckBytesMax) return;
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw new MeshError('JOURNAL_DAMAGED', `${file}: ${verdict}`);
}

function migrate(db: Connection, { file, migrations }: OpenOptions): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw new MeshError(
      'CONFLICT',
      `${file} was written by a newer version (schema ${version}, this one knows ${migrations.length})`,
      {
        hint: 'Start the newer version of agent-mesh, or move the file away.',
        details: { file, version, knownVersion: migrations.length },
      },
    );
  }
  migrations.slice(version).forEach((sql, index) => {
    const step = db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${version + index + 1}`);
    });
    step.immediate();
  });
}

/** Renames the file together with its WAL, so that what is left can still be read by hand. Returns the new name. */
function putAside(file: string, wallMs: number): string {
  const movedTo = asideName(file, 'damaged', wallMs);
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, movedTo + suffix);
  }
  return movedTo;
}

/** Bytes of the file and of its write-ahead log. */
export const sizeBytesOf = (file: string): number => bytesOf(file) + walBytesOf(file);

export const walBytesOf = (file: string): number => bytesOf(`${file}-wal`);

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Moves the whole write-ahead log into the file, because a copy or a flipped byte of the log loses commits. */
export function closeDatabase(db: Connection): void {
  if (!db.open) return;
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // A full disk: the log stays beside the file, complete, and the next opening reads it.
  } finally {
    db.close();
  }
}
