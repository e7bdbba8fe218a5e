/** What SQLite says, in the words of the mesh: which failures pass by themselves, which mean that a file is damaged. */
import Database from 'better-sqlite3';
import { MeshError, messageOf, systemCodeOf, toMeshError } from '../../core/errors.js';

/** The machine's trouble, not ours: nothing was written, and the same request may succeed once the cause is gone. */
const environmental = /^(SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|LOCKED|PERM|NOMEM|PROTOCOL)|E[A-Z]+$)/;
const damage = /^SQLITE_(CORRUPT|NOTADB)/;

/** Whether the failure says that the file does not hold what was written. */
export function isDamage(thrown: unknown): boolean {
  if (thrown instanceof Database.SqliteError) return damage.test(thrown.code);
  return thrown instanceof MeshError && thrown.code === 'JOURNAL_DAMAGED';
}

/** Any failure of a store over `file`: JOURNAL_FAILED, JOURNAL_DAMAGED, or what it already is. */
export function storeError(thrown: unknown, file: string): MeshError {
  if (thrown instanceof MeshError) return thrown;
  const code = systemCodeOf(thrown) ?? '';
  const options = { cause: thrown, details: { file, cause: code } };
  if (damage.test(code)) {
    return new MeshError('JOURNAL_DAMAGED', `${file} is damaged: ${messageOf(thrown)}`, {
      ...options,
      hint: 'Restart its process: at opening the file is put aside and a fresh one begun.',
    });
  }
  if (environmental.test(code)) {
    return new MeshError('JOURNAL_FAILED', `${file} cannot be written: ${messageOf(thrown)}`, {
      ...options,
      hint: hintOf(code),
    });
  }
  return toMeshError(thrown);
}

function hintOf(sqliteCode: string): string {
  if (sqliteCode.startsWith('SQLITE_FULL')) return 'Free space on its disk; writing goes on by itself.';
  if (sqliteCode.startsWith('SQLITE_BUSY') || sqliteCode.startsWith('SQLITE_LOCKED'))
    return 'Another process holds the file; close it.';
  return 'Check the disk, and that this user may write the file and its folder.';
}
