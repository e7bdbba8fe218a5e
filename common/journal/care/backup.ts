/**
 * A backup of a store that may be at work: one moment of it, complete, compressed, checked, and on the disk when `backUp`
 * resolves; before that it has another name. Its writer goes on meanwhile: SQLite copies from a read of its own
 * (`VACUUM INTO`), which holds up no commit. It holds up only the beginning of a new write-ahead log, so the copy comes
 * first and everything slow (checking, compressing) is done with the copy.
 */
import { mkdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { sizeBytesOf } from '../sqlite/database.js';
import { pack, syncFile } from './archive.js';
import { backupName, dropOldBackups, PARTIAL_PREFIX } from './backup-folder.js';
import { assertIdentity, besideStore, type StoreKind } from './store-file.js';
import type { StoreVerdict } from './store-verdict.js';
import { type Progress, verifyOpened } from './verify-store.js';

export interface BackupOptions {
  readonly file: string;
  readonly kind: StoreKind;
  readonly machine: string;
  /** Made when it is missing. */
  readonly folder: string;
  readonly wallMs: number;
  /** How many of this kind may be there afterwards, this one among them; all when absent. */
  readonly keep?: number;
}

export interface BackupMade {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of what is in it: a store with a damaged record is saved as it is, and that is told. */
  readonly verdict: StoreVerdict;
  /** Older ones that had to go. */
  readonly dropped: readonly string[];
}

/** @throws NOT_FOUND, CONFLICT (not that store), JOURNAL_DAMAGED, JOURNAL_FAILED (no room, or the disk) */
export async function backUp(options: BackupOptions, onProgress: (progress: Progress) => void): Promise<BackupMade> {
  const { file, kind, machine, folder, wallMs, keep } = options;
  const name = backupName(kind, machine, wallMs);
  const copy = join(folder, `${PARTIAL_PREFIX}${kind}.db`);
  const archive = join(folder, `${PARTIAL_PREFIX}${kind}.gz`);
  makeFolder(folder);
  for (const left of [copy, archive]) rmSync(left, { force: true }); // of one that was killed
  ensureRoom(file, folder);
  try {
    besideStore(file, (db) => {
      assertIdentity(db, kind, machine);
      db.prepare('VACUUM INTO ?').run(copy);
    });
    const verdict = checkCopy(copy, kind, onProgress);
    await pack(copy, archive);
    renameSync(archive, join(folder, name));
    syncFile(folder);
    const dropped = keep === undefined ? [] : dropOldBackups(folder, kind, keep, wallMs);
    return { name, sizeBytes: statSync(join(folder, name)).size, verdict, dropped };
  } finally {
    rmSync(copy, { force: true });
    rmSync(archive, { force: true });
  }
}

/** The pages of the copy, and every hash in it. */
export const checkCopy = (
  copy: string,
  kind: StoreKind,
  onProgress: (progress: Progress) => void = () => undefined,
): StoreVerdict =>
  besideStore(copy, (db) => {
    const verdict = db.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') throw new MeshError('JOURNAL_DAMAGED', `${copy} is no sound database: ${verdict}`);
    return verifyOpened(db, kind, onProgress);
  });

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
  } catch (thrown) {
    throw new MeshError('JOURNAL_FAILED', `the folder ${folder} cannot be made: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'Check that the path is a folder that the user of the mesh may write.',
    });
  }
}

/** The copy and its compressed form, at worst as large as the copy, must not take the room that records need. */
export function ensureRoom(file: string, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const wantedBytes = 2 * sizeBytesOf(file) + limits.backupRoomBytes;
  if (bavail * bsize >= wantedBytes) return;
  const [free, wanted] = [bavail * bsize, wantedBytes].map((bytes) => `${Math.round(bytes / 1024 ** 2)} MiB`);
  throw new MeshError('JOURNAL_FAILED', `a backup of ${file} needs ${wanted} in ${folder}, and ${free} are free`, {
    hint: 'Free space there, or name another folder with --out.',
  });
}
