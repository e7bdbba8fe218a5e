/**
 * The log of one process as one run of bytes: the pieces of its past, compressed or not, then what the process writes
 * now. A byte keeps its offset for ever, whatever file it moves to, so a reader that knows an offset goes on there across
 * rotations. Where bytes were dropped there is a gap in the offsets, and a reader is told where it went on.
 */
import { blockOf, readArchive } from './log-archive.js';
import { readBytes, sizeOf } from './log-file.js';
import type { LogPaths, PieceSpan } from './log-name.js';
import type { LogTimes } from './log-times.js';

export interface LogPiece extends PieceSpan {
  readonly path: string;
  /** On disk. */
  readonly sizeBytes: number;
  readonly isArchived: boolean;
}

/** Bytes of one file; empty at the end of the log. */
export interface LogRun {
  readonly offset: number;
  readonly bytes: Buffer;
}

export class LogChain {
  /** Pieces that could not be read, because they are damaged. */
  unreadableCount = 0;

  constructor(
    readonly agent: string,
    readonly paths: LogPaths,
    readonly times: LogTimes,
    /** In order. Replaced as a whole. */
    public pieces: readonly LogPiece[],
  ) {}

  get id(): string {
    return this.times.header.id;
  }

  /** Offset of the first byte of the current file. */
  get base(): number {
    return this.times.header.base;
  }

  /** Bytes of the current file. */
  get currentBytes(): number {
    return sizeOf(this.paths.current);
  }

  get start(): number {
    return this.pieces[0]?.start ?? this.base;
  }

  get end(): number {
    return this.base + this.currentBytes;
  }

  get pieceBytes(): number {
    return this.pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** The current file begins at `base` from now on; never further back than it did. */
  beginAt(base: number): void {
    if (base > this.base) this.times.rewrite({ id: this.id, base, bornMs: 0 }, this.start);
  }

  /** At `wallMs` the current file had this size. */
  noteSize(sizeBytes: number, wallMs: number): void {
    const { header } = this.times;
    if (header.bornMs === 0) this.times.rewrite({ ...header, bornMs: Math.floor(wallMs) });
    this.times.note(this.base + sizeBytes, wallMs);
  }

  /** What there is from `offset` on, up to `length` bytes: as much as one file, or one block of it, holds. */
  read(offset: number, length: number): LogRun {
    for (const piece of this.pieces) {
      if (piece.end <= offset) continue;
      const from = Math.max(offset, piece.start);
      const bytes = this.#readPiece(piece, from - piece.start, Math.min(length, piece.end - from));
      if (bytes.length > 0) return { offset: from, bytes };
    }
    const from = Math.max(offset, this.base);
    return { offset: from, bytes: readBytes(this.paths.current, from - this.base, length) };
  }

  /** What there is before `offset`, up to `length` bytes that end there, or where the bytes before it end. */
  readBefore(offset: number, length: number): LogRun {
    if (offset > this.base) {
      const from = Math.max(this.base, offset - length);
      const bytes = readBytes(this.paths.current, from - this.base, offset - from);
      if (bytes.length > 0) return { offset: from, bytes };
    }
    for (const piece of this.pieces.toReversed()) {
      if (piece.start >= offset) continue;
      const to = Math.min(offset, piece.end);
      const firstFrom = Math.max(piece.start, to - length);
      const from = piece.isArchived ? Math.max(firstFrom, piece.start + blockOf(to - piece.start - 1)) : firstFrom;
      const bytes = this.#readPiece(piece, from - piece.start, to - from);
      if (bytes.length > 0) return { offset: from, bytes };
    }
    return { offset: this.start, bytes: Buffer.alloc(0) };
  }

  /** Empty when it is gone, or damaged there: then the reader goes on behind it. */
  #readPiece({ path, isArchived }: LogPiece, from: number, length: number): Buffer {
    if (!isArchived) return readBytes(path, from, length);
    try {
      return readArchive(path, from, length);
    } catch {
      this.unreadableCount++;
      return Buffer.alloc(0);
    }
  }
}
