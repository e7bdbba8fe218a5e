/** The output of a supervised process, as a file: its last lines, the lines after an offset, and its bound. */
import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { MeshError, systemCodeOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';

export interface LogChunk {
  /** Names the file itself: another one stands under the same path after a rotation. */
  readonly file: string;
  readonly nextOffset: number;
  readonly lines: string[];
}

/** The last `count` whole lines within the last `limits.logChunkBytesMax` bytes; none when there is no file. */
export function lastLines(path: string, count: number): LogChunk {
  return withFile(path, (fd, size, file) => {
    const from = Math.max(0, size - limits.logChunkBytesMax);
    const { lines, nextOffset } = wholeLines(read(fd, from, size), from);
    return { file, nextOffset, lines: count === 0 ? [] : lines.slice(from > 0 ? 1 : 0).slice(-count) };
  });
}

/** Whole lines after `offset`; from the beginning when the file is no longer `file` or is shorter than that. */
export function linesAfter(path: string, offset: number, file: string | undefined): LogChunk {
  return withFile(path, (fd, size, current) => {
    const from = current === (file ?? current) && offset <= size ? offset : 0;
    return { file: current, ...wholeLines(read(fd, from, Math.min(size, from + limits.logChunkBytesMax)), from) };
  });
}

/**
 * Keeps the file within its bound: what is there moves to `<path>.1`, and the file begins anew. The writer appends, so it
 * goes on at the new end; what it writes between the copy and the cut is lost, and only that.
 */
export function rotateLog(path: string): boolean {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < limits.agentLogBytesMax) return false;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
  return true;
}

function withFile(path: string, work: (fd: number, size: number, file: string) => LogChunk): LogChunk {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return { file: '', nextOffset: 0, lines: [] };
    throw new MeshError('NOT_FOUND', `the log ${path} cannot be read: ${systemCodeOf(error)}`, { cause: error });
  }
  try {
    const { size, ino } = fstatSync(fd);
    return work(fd, size, String(ino));
  } finally {
    closeSync(fd);
  }
}

function read(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
}

/** A line without its end is left for the next time, unless it fills the whole chunk. */
function wholeLines(bytes: Buffer, from: number): { lines: string[]; nextOffset: number } {
  const end = bytes.lastIndexOf(0x0a);
  if (end === -1 && bytes.length < limits.logChunkBytesMax) return { lines: [], nextOffset: from };
  const upTo = end === -1 ? bytes.length : end;
  const lines = bytes.toString('utf8', 0, upTo).split('\n');
  return { lines: upTo === 0 && end <= 0 ? [] : lines, nextOffset: from + (end === -1 ? upTo : end + 1) };
}
