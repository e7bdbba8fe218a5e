/**
 * The backups of a machine, in one folder: what a backup is called, which there are, and which of them go when there are
 * more than are to be kept. A name says what it is of and when it was made: `journal-pc2-20261121T193000Z.db.gz`.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../core/errors.js';
import { type StoreKind, storeKinds } from './store-file.js';

export interface Backup {
  readonly name: string;
  readonly kind: StoreKind;
  readonly machine: string;
  readonly madeMs: number;
  readonly sizeBytes: number;
}

export const BACKUP_SUFFIX = '.db.gz';
/** Of a backup that is being written, or whose writer was killed: the next one of its kind writes over it. */
export const PARTIAL_PREFIX = '.partial-';

const NAME = /^(journal|log)-([a-z][a-z0-9-]*)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.(\d{3}))?Z\.db\.gz$/;

export function backupName(kind: StoreKind, machine: string, wallMs: number): string {
  const stamp = new Date(wallMs).toISOString().replaceAll(/[-:]/g, '');
  return `${kind}-${machine}-${stamp}${BACKUP_SUFFIX}`;
}

/**
 * The newest first; other files are left out, a folder that is not there has none. One from after now was made before the
 * clock was set right, nobody knows when: it is the last.
 */
export function listBackups(folder: string, nowMs: number): Backup[] {
  const rankOf = ({ madeMs }: Backup) => (madeMs > nowMs ? Number.NEGATIVE_INFINITY : madeMs);
  return namesIn(folder)
    .flatMap((name) => backupOf(folder, name) ?? [])
    .sort((a, b) => b.madeMs - a.madeMs)
    .sort((a, b) => (rankOf(b) === rankOf(a) ? 0 : rankOf(b) - rankOf(a)));
}

/** Removes the oldest of one kind beyond `keep`. @returns their names */
export function dropOldBackups(folder: string, kind: StoreKind, keep: number, nowMs: number): string[] {
  const old = listBackups(folder, nowMs)
    .filter((backup) => backup.kind === kind)
    .slice(keep);
  for (const { name } of old) rmSync(join(folder, name), { force: true });
  return old.map(({ name }) => name);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function backupOf(folder: string, name: string): Backup | undefined {
  const [, kindText, machine, year, month, day, hour, minute, second, ms = '000'] = NAME.exec(name) ?? [];
  const kind = storeKinds.find((candidate) => candidate === kindText);
  const madeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  const stat = statSync(join(folder, name), { throwIfNoEntry: false });
  if (kind === undefined || machine === undefined || Number.isNaN(madeMs) || stat === undefined) return undefined;
  return { name, kind, machine, madeMs, sizeBytes: stat.size };
}
