/**
 * Which processes are reading a store right now, and so keep its write-ahead log from being begun anew: those that hold a
 * lock of a reader in the shared memory of the log, as the kernel lists them. Empty where it does not.
 */
import { readFileSync, statSync } from 'node:fs';

export interface WalReader {
  readonly pid: number;
  /** Its program, as far as that can be seen. */
  readonly program: string;
}

/** Where SQLite puts the locks of readers: five bytes of the shared memory. */
const FIRST_LOCK = 123;
const LAST_LOCK = 127;
const LOCK = /POSIX\s+ADVISORY\s+READ\s+(\d+)\s+\S+:(\d+)\s+(\d+)\s+(\d+)/;

export function readersOf(file: string): WalReader[] {
  const inode = statSync(`${file}-shm`, { throwIfNoEntry: false })?.ino;
  if (inode === undefined) return [];
  const pids = textOf('/proc/locks')
    .split('\n')
    .flatMap((line) => {
      const [, pid, onInode, start, end] = (LOCK.exec(line) ?? []).map(Number);
      const isReader = onInode === inode && Number(start) <= LAST_LOCK && Number(end) >= FIRST_LOCK;
      return isReader && pid !== undefined && pid > 0 ? [pid] : [];
    });
  return [...new Set(pids)].map((pid) => ({ pid, program: textOf(`/proc/${pid}/comm`).trim() }));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
