/**
 * Compresses history, one piece at a time, oldest first. A piece is replaced only when its archive is complete and has its
 * name; one that was dropped meanwhile leaves nothing behind. Its `close` interrupts what it is at.
 */
import { renameSync, rmSync } from 'node:fs';
import { writeArchive } from './log-archive.js';
import type { LogChain, LogPiece } from './log-chain.js';
import { archiveOf, partOf } from './log-name.js';

interface Task {
  readonly chain: LogChain;
  readonly piece: LogPiece;
}

export class LogArchivist {
  readonly #closing = new AbortController();
  #work: Promise<void> | undefined;

  constructor(
    private readonly chains: () => Iterable<LogChain>,
    private readonly onResult: (failure: unknown, piece: LogPiece) => void,
  ) {}

  /** Resolves when nothing waits any more, or with the first failure: `onResult` has been told. */
  run(): Promise<void> {
    this.#work ??= this.#runAll().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('closed'));
    await this.#work;
  }

  async #runAll(): Promise<void> {
    for (let task = this.#next(); task !== undefined && !this.#closing.signal.aborted; task = this.#next()) {
      const { chain, piece } = task;
      const target = archiveOf(piece.path);
      try {
        const sizeBytes = await writeArchive(piece.path, partOf(target), this.#closing.signal);
        replace(chain, piece, target, sizeBytes);
        this.onResult(undefined, piece);
      } catch (error) {
        rmSync(partOf(target), { force: true });
        if (this.#closing.signal.aborted) return;
        if (!chain.pieces.includes(piece)) continue; // dropped meanwhile
        this.onResult(error, piece);
        return;
      }
    }
  }

  #next(): Task | undefined {
    let oldest: Task | undefined;
    for (const chain of this.chains()) {
      const piece = chain.pieces.find(({ isArchived }) => !isArchived);
      if (piece !== undefined && (oldest === undefined || piece.wallMs < oldest.piece.wallMs))
        oldest = { chain, piece };
    }
    return oldest;
  }
}

/** In this order: a crash between leaves both, and the archive counts. */
function replace(chain: LogChain, piece: LogPiece, path: string, sizeBytes: number): void {
  if (!chain.pieces.includes(piece)) return rmSync(partOf(path), { force: true });
  renameSync(partOf(path), path);
  chain.pieces = chain.pieces.map((one) => (one === piece ? { ...piece, path, sizeBytes, isArchived: true } : one));
  rmSync(piece.path, { force: true });
}
