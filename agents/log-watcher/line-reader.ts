/**
 * Reads one chunk of one file and stores what its lines are worth together with the position behind them.
 *
 * The head is compared after the chunk was read, so what is stored comes from the content that the position speaks of: a
 * file that was truncated and written again in between is read anew from its start.
 */
import { limits } from '../../common/core/limits.js';
import type { AgentLog } from '../../common/log/log.js';
import type { NewRecord } from '../sdk/mesh.js';
import { isSameContent } from './file-set.js';
import { LINE_BYTES_MAX, type LineCursor, nextLine } from './line-splitter.js';
import { HEAD_BYTES_MAX, hashOfHead, type Position } from './position.js';
import type { PositionStore } from './position-store.js';
import { estimatedBytes, type Rule, recordsOf } from './rules.js';
import type { TrackedFile } from './tracked-file.js';

/** Larger than the longest line, so that every chunk brings the reader on; small, so that no file waits long for its turn. */
const CHUNK_BYTES = 128 * 1_024;
const BATCH_BYTES_MAX = limits.recordBatchBytesMax - 128 * 1_024;

export interface LineReaderOptions {
  readonly store: PositionStore;
  readonly rules: readonly Rule[];
  readonly log: AgentLog;
}

interface Harvest {
  readonly records: NewRecord[];
  readonly next: LineCursor;
}

export class LineReader {
  constructor(private readonly options: LineReaderOptions) {}

  /** @returns false when no whole line was left. @throws the system's error, or the journal's: then nothing has moved */
  async readOn(file: TrackedFile): Promise<boolean> {
    const { store } = this.options;
    const position = store.get(file.key);
    if (position === undefined) return false;
    const chunk = await file.open.read(position.offset, CHUNK_BYTES);
    if (!(await isSameContent(file.open, position))) {
      this.#onTruncated(position);
      return true;
    }
    const { records, next } = this.#harvest(chunk, position, false);
    if (next.offset === position.offset) return false;
    const moved = await this.#moved(file, position, chunk, next);
    if (records.length > 0) await store.commit(records, moved);
    else store.advance(moved);
    return true;
  }

  /**
   * The end of a file that is deleted: what stands there without a newline is a line too.
   * @returns false when something was written meanwhile, which is to be read first
   */
  async readLast(file: TrackedFile): Promise<boolean> {
    const { store } = this.options;
    const position = store.get(file.key);
    if (position === undefined) return true;
    const chunk = await file.open.read(position.offset, CHUNK_BYTES);
    if (chunk.includes('\n') || chunk.length > LINE_BYTES_MAX) return false;
    const { records } = this.#harvest(chunk, position, true);
    if (records.length > 0) await store.commitLast(records, file.key);
    else store.remove(file.key);
    return true;
  }

  /** As many lines as fit one transaction. */
  #harvest(chunk: Buffer, position: Position, isFinal: boolean): Harvest {
    const records: NewRecord[] = [];
    let next: LineCursor = position;
    let bytes = 0;
    for (;;) {
      const step = nextLine(chunk, position.offset, next, isFinal);
      if (step.kind === 'wait') return { records, next };
      if (step.kind === 'line') {
        const fresh = recordsOf(this.options.rules, position.file, step.line);
        bytes += fresh.length === 0 ? 0 : estimatedBytes(position.file, step.line);
        const isFull = records.length + fresh.length > limits.recordBatchMax || bytes > BATCH_BYTES_MAX;
        if (isFull && records.length > 0) return { records, next };
        records.push(...fresh);
      }
      next = step.next;
    }
  }

  /** The position behind what was read. Its head grows with it until it is full. */
  async #moved(file: TrackedFile, position: Position, chunk: Buffer, next: LineCursor): Promise<Position> {
    if (position.headLength === HEAD_BYTES_MAX) return { ...position, ...next };
    const before = await file.open.read(0, position.headLength);
    const head = Buffer.concat([before, chunk.subarray(0, next.offset - position.offset)]).subarray(0, HEAD_BYTES_MAX);
    return { ...position, ...next, headLength: head.length, headHash: hashOfHead(head) };
  }

  #onTruncated(position: Position): void {
    const { file, offset } = position;
    this.options.log.info({ file, offset }, `${file} was truncated: it is read from its start`);
    this.options.store.put({ ...position, offset: 0, isSkipping: false, headLength: 0, headHash: hashOfHead(EMPTY) });
  }
}

const EMPTY = new Uint8Array();
