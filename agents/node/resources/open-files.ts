/**
 * How many files and sockets this machine's processes may hold open. Out of them, a broker can accept nobody and says
 * so half a million times a second; so a limit that is too low is said before it is met. Children inherit it.
 */
import { readFileSync } from 'node:fs';

/** A broker with a hundred agents on a few machines holds some hundreds; the rest is room for a bad day. */
const OPEN_FILES_WANTED = 1_024;

/** The sentence that every start says, or undefined when the limit is high enough or cannot be known. */
export function openFilesWarning(limit: number | undefined = openFilesLimit()): string | undefined {
  if (limit === undefined || limit >= OPEN_FILES_WANTED) return undefined;
  return `only ${limit} files may be open (ulimit -n); the mesh wants ${OPEN_FILES_WANTED}: raise it in the shell or the service that starts it`;
}

/** The soft limit of this process; undefined where the system does not tell, or sets none. */
export function openFilesLimit(file = '/proc/self/limits'): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(file, 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
