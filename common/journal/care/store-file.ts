/**
 * A store as a file that somebody else may be writing: opened beside its writer, for reading only. Nothing that is done
 * through such a connection changes the file or holds its writer up; but while a statement or a transaction of it is open,
 * the write-ahead log cannot be begun anew, so whoever reads for long reads page by page.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { logMigrations } from '../log/log-schema.js';
import { machineIn } from '../machine/journal-meta.js';
import { journalMigrations } from '../machine/journal-schema.js';
import type { Connection } from '../sqlite/database.js';
import { storeError } from '../sqlite/sqlite-error.js';

/** journal: of one machine · log: the merged one on main */
export const storeKinds = ['journal', 'log'] as const;
export type StoreKind = (typeof storeKinds)[number];

export interface StoreIdentity {
  readonly kind: StoreKind;
  /** Whose journal it is; empty for a log, which does not say. */
  readonly machine: string;
  readonly schema: number;
}

const migrationsOf = { journal: journalMigrations, log: logMigrations } as const;

/** Runs `work` on a connection that cannot write. @throws NOT_FOUND, JOURNAL_FAILED, JOURNAL_DAMAGED, what `work` throws */
export function besideStore<T>(file: string, work: (db: Connection) => T): T {
  if (!existsSync(file)) {
    throw new MeshError('NOT_FOUND', `there is no file ${file}`, { hint: 'It is made when its machine starts.' });
  }
  let db: Connection | undefined;
  try {
    db = new Database(file, { readonly: true, timeout: limits.journalBusyMs });
    return work(db);
  } catch (thrown) {
    throw storeError(thrown, file);
  } finally {
    db?.close();
  }
}

/** What the file is. @throws JOURNAL_DAMAGED for one that is no store of ours */
export function identityOf(db: Connection): StoreIdentity {
  const tables = new Set(db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all());
  const schema = Number(db.pragma('user_version', { simple: true }));
  if (tables.has('chains') && tables.has('meta')) return { kind: 'journal', machine: machineIn(db) ?? '', schema };
  if (tables.has('journals') && tables.has('records')) return { kind: 'log', machine: '', schema };
  throw new MeshError('JOURNAL_DAMAGED', `${db.name} is neither a journal nor a log of the mesh`);
}

/** @throws CONFLICT for another kind of store, another machine's, or one of a newer version */
export function assertIdentity(db: Connection, kind: StoreKind, machine: string): StoreIdentity {
  const found = identityOf(db);
  if (found.kind !== kind) {
    throw new MeshError('CONFLICT', `${db.name} is a ${found.kind}, not a ${kind}`, {
      hint: kind === 'log' ? 'Name a backup of the log.' : "For a backup of main's log add --log.",
    });
  }
  if (found.kind === 'journal' && found.machine !== machine) {
    throw new MeshError('CONFLICT', `${db.name} is the journal of machine ${found.machine}, not of ${machine}`, {
      hint: `Name a backup of ${machine}.`,
      details: { owner: found.machine, machine },
    });
  }
  const knownSchema = migrationsOf[kind].length;
  if (found.schema > knownSchema) {
    throw new MeshError(
      'CONFLICT',
      `${db.name} was written by a newer version (schema ${found.schema}, this one knows ${knownSchema})`,
      { hint: 'Use the newer version of agent-mesh.' },
    );
  }
  return found;
}
