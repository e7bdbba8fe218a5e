/**
 * Makes a piece of history of what a log holds, and begins the log anew. Three ways:
 *
 * rename: for a process that does not run. One step of the file system; nothing can be lost.
 * copy:   for a process that writes meanwhile. What is there is copied in the background; the rest, the state of the names
 *         and the truncation come in one turn. The process appends, so it goes on at the new end. What it writes between
 *         the last look at the size and the truncation – two system calls, some microseconds – is lost, and only that.
 * drop:   for a process that writes faster than can be kept. The last lines stay, before them a line that says how much
 *         was dropped; the rest is gone.
 *
 * A copy is named `cutting` before the truncation and like a piece after it. So whoever comes after a crash between the
 * two compares the copy with the log: they begin alike if and only if the log was not truncated.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { LogChain, LogPiece } from './log-chain.js';
import { sizeOf } from './log-file.js';
import type { Cutting, PieceSpan } from './log-name.js';

/** Copied in the last turn: a millisecond. */
const LAST_BYTES_MAX = 256 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** Looks at the size in the last turn while the process goes on writing. */
const LAST_LOOKS_MAX = 8;
/** Steps between which a crash must lose and double nothing; a test stops at each. */
export type CutStep = 'copied' | 'named' | 'truncated' | 'done';
export type OnStep = (step: CutStep) => void;
const goOn: OnStep = () => undefined;
/** A copy that lacks nothing. */
const WHOLE: Cutting = { skippedBytes: 0, markerBytes: 0 };

/** Of a log whose process does not run. `file` is the log, or what it was before it was moved aside. */
export function cutByRename(chain: LogChain, wallMs: number, file: string = chain.paths.current): LogPiece | undefined {
  const sizeBytes = sizeOf(file);
  if (sizeBytes === 0) return undefined;
  const span = { start: chain.base, end: chain.base + sizeBytes, wallMs };
  const path = chain.paths.piece(span);
  renameSync(file, path);
  return keep(chain, { ...span, path, sizeBytes, isArchived: false }, span.end);
}

/**
 * Of a log whose process may be writing.
 * @returns undefined when it outgrew `bytesMax` while it was copied; then nothing has changed
 */
export async function cutByCopy(
  chain: LogChain,
  bytesMax: number,
  wallMs: () => number,
  onStep: OnStep = goOn,
): Promise<LogPiece | undefined> {
  const { current, copying } = chain.paths;
  if (existsSync(chain.paths.cutting(WHOLE))) settleCut(chain, WHOLE, wallMs());
  const log = await open(current, 'r+');
  try {
    const copy = await open(copying, 'w', 0o640);
    try {
      const copiedBytes = await copyMost(log, copy, bytesMax);
      if (copiedBytes === undefined) {
        rmSync(copying, { force: true });
        return undefined;
      }
      onStep('copied');
      return finishCopy(chain, log.fd, copy.fd, copiedBytes, wallMs(), onStep);
    } finally {
      await copy.close();
    }
  } finally {
    await log.close();
  }
}

/** Keeps the last lines within `tailBytes`. @returns how many bytes of the process are gone */
export function cutByDrop(chain: LogChain, tailBytes: number, wallMs: number, onStep: OnStep = goOn): number {
  const log = openSync(chain.paths.current, 'r+');
  try {
    const sizeBytes = fstatSync(log).size;
    const tail = lastWholeLines(log, sizeBytes, tailBytes);
    const marker = markerOf(sizeBytes - tail.length);
    const cutting = { skippedBytes: sizeBytes - tail.length, markerBytes: marker.length };
    const isKept = cutting.skippedBytes >= marker.length && writeCopy(chain, Buffer.concat([marker, tail]), cutting);
    onStep('named');
    const grownBytes = fstatSync(log).size - sizeBytes;
    ftruncateSync(log, 0);
    onStep('truncated');
    const base = chain.base + sizeBytes + grownBytes;
    if (isKept) settle(chain, cutting, tail.length + marker.length, base, wallMs);
    else keep(chain, undefined, base);
    return cutting.skippedBytes + grownBytes + (isKept ? 0 : tail.length);
  } finally {
    closeSync(log);
  }
}

/** Finishes or undoes what a crash interrupted: `cutting` is there, and the log was truncated or was not. */
export function settleCut(chain: LogChain, cutting: Cutting, wallMs: number): void {
  const path = chain.paths.cutting(cutting);
  const copy = openSync(path, 'r');
  let isTruncated: boolean;
  const { size } = fstatSync(copy);
  try {
    isTruncated = !holds(chain.paths.current, cutting.skippedBytes, copy, cutting.markerBytes, size);
  } finally {
    closeSync(copy);
  }
  if (isTruncated) settle(chain, cutting, size, chain.base + cutting.skippedBytes + size - cutting.markerBytes, wallMs);
  else rmSync(path, { force: true });
}

/** @returns what was copied, all but the last; undefined when the log is larger than `bytesMax` */
async function copyMost(log: FileHandle, copy: FileHandle, bytesMax: number): Promise<number | undefined> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const { size } = await log.stat();
    if (size > bytesMax) return undefined;
    if (size - at <= LAST_BYTES_MAX) {
      await copy.datasync(); // a loss of power may cost what follows, not this
      return at;
    }
    const { bytesRead } = await log.read(chunk, 0, CHUNK_BYTES, at);
    await copy.writeFile(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}

function finishCopy(
  chain: LogChain,
  log: number,
  copy: number,
  copiedBytes: number,
  wallMs: number,
  onStep: OnStep,
): LogPiece | undefined {
  const path = chain.paths.cutting(WHOLE);
  let at = copyRest(log, copy, copiedBytes);
  renameSync(chain.paths.copying, path);
  try {
    onStep('named');
    let size = fstatSync(log).size;
    for (let look = 0; size > at && look < LAST_LOOKS_MAX; look++) {
      at = copyRest(log, copy, at);
      size = fstatSync(log).size;
    }
    ftruncateSync(log, 0);
    onStep('truncated');
    if (at === 0) {
      rmSync(path, { force: true });
      return undefined;
    }
    const piece = settle(chain, WHOLE, at, chain.base + Math.max(at, size), wallMs);
    onStep('done');
    return piece;
  } catch (error) {
    // Not truncated: the log still has all of it. Else it is the only copy, and the next cut finds it.
    if (fstatSync(log).size >= at) rmSync(path, { force: true });
    throw error;
  }
}

/** From `at` to the end. @returns where that is */
function copyRest(log: number, copy: number, at: number): number {
  const chunk = Buffer.allocUnsafe(LAST_BYTES_MAX);
  let copied = at;
  for (const { size } = fstatSync(log); copied < size; ) {
    const count = readSync(log, chunk, 0, Math.min(chunk.length, size - copied), copied);
    if (count === 0) break;
    writeAll(copy, chunk.subarray(0, count));
    copied += count;
  }
  return copied;
}

/** The copy becomes a piece, and the log goes on behind it at `base`. */
function settle(chain: LogChain, cutting: Cutting, sizeBytes: number, base: number, wallMs: number): LogPiece {
  const { skippedBytes, markerBytes } = cutting;
  const start = chain.base + skippedBytes - markerBytes;
  const span: PieceSpan = { start, end: start + sizeBytes, wallMs };
  const path = chain.paths.piece(span);
  renameSync(chain.paths.cutting(cutting), path);
  const piece = { ...span, path, sizeBytes, isArchived: false };
  keep(chain, piece, base);
  return piece;
}

function keep(chain: LogChain, piece: LogPiece | undefined, base: number): LogPiece | undefined {
  if (piece !== undefined) chain.pieces = [...chain.pieces, piece];
  chain.beginAt(base);
  return piece;
}

const markerOf = (skippedBytes: number): Buffer =>
  Buffer.from(`[mesh] ${skippedBytes} bytes of output were dropped here: they came faster than they can be kept\n`);

/** Of the last `bytesMax` bytes, without a line that began before them. */
function lastWholeLines(log: number, sizeBytes: number, bytesMax: number): Buffer {
  const bytes = Buffer.alloc(Math.min(bytesMax + 1, sizeBytes));
  const count = readSync(log, bytes, 0, bytes.length, sizeBytes - bytes.length);
  const tail = bytes.subarray(0, count);
  return tail.subarray(tail.indexOf('\n') + 1);
}

/** False when there is no room even for that. */
function writeCopy(chain: LogChain, content: Buffer, cutting: Cutting): boolean {
  const { copying } = chain.paths;
  try {
    const copy = openSync(copying, 'w', 0o640);
    try {
      writeAll(copy, content);
    } finally {
      closeSync(copy);
    }
    renameSync(copying, chain.paths.cutting(cutting));
    return true;
  } catch {
    rmSync(copying, { force: true });
    return false;
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Whether the file at `path` has, from `at` on, what `copy` has from `from` to `to`. */
function holds(path: string, at: number, copy: number, from: number, to: number): boolean {
  if (sizeOf(path) < at + to - from) return false;
  const file = openSync(path, 'r');
  try {
    const ours = Buffer.alloc(CHUNK_BYTES);
    const theirs = Buffer.alloc(CHUNK_BYTES);
    for (let done = 0; done < to - from; ) {
      const length = Math.min(CHUNK_BYTES, to - from - done);
      const count = readSync(copy, ours, 0, length, from + done);
      if (readSync(file, theirs, 0, count, at + done) !== count) return false;
      if (!ours.subarray(0, count).equals(theirs.subarray(0, count))) return false;
      done += count;
    }
    return true;
  } finally {
    closeSync(file);
  }
}
