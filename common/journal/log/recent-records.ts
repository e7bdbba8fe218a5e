/**
 * What the log has stored last, kept for those who follow it: they would else ask the file for what was just written into
 * it, row by row, and prove each again. Only what its commit is known of, by ids without a gap, bounded in bytes.
 *
 * It answers what follows an id that it holds; about anything else the file is asked. The records that the log writes by
 * itself, and holes, are such a gap. Whoever changes the file in another way clears this.
 */
import { limits } from '../../core/limits.js';
import type { RecordEntry } from '../record.js';
import type { LogPage, LogReadOptions, LogRecord } from './log-reader.js';
import type { LogAppend, LogCommitted } from './log-types.js';

/** Beside the bytes of its body, what a record costs in memory. */
const RECORD_OVERHEAD_BYTES = 512;

interface Stored {
  readonly firstId: number;
  readonly journalId: string;
  readonly machine: string;
  readonly records: readonly RecordEntry[];
  /** The hash before the first one was known; that before each other one is. */
  readonly isProved: boolean;
  readonly bytes: number;
}

export class RecentRecords {
  #stored: Stored[] = [];
  #bytes = 0;
  #lastId = 0;
  /** Of all, also of what the log wrote by itself. */
  #headId = 0;

  /** A batch whose commit was answered, in the order of the answers. */
  add({ journalId, machine, entries }: LogAppend, { storedCount, lastId, headId, isProved }: LogCommitted): void {
    this.#headId = headId;
    if (storedCount === 0) return;
    const fresh = entries.slice(-storedCount);
    const records = fresh.filter((entry) => entry.kind === 'record');
    const firstId = lastId - records.length + 1;
    if (firstId !== this.#lastId + 1) this.clear();
    if (records.length < fresh.length) return this.clear();
    const bytes = records.reduce((sum, { body }) => sum + body.byteLength + RECORD_OVERHEAD_BYTES, 0);
    this.#stored.push({ firstId, journalId, machine, records, isProved, bytes });
    this.#bytes += bytes;
    this.#lastId = lastId;
    while (this.#bytes > limits.recentBytesMax) this.#bytes -= this.#stored.shift()?.bytes ?? this.#bytes;
  }

  clear(): void {
    this.#stored = [];
    this.#bytes = 0;
    this.#lastId = 0;
  }

  /** Also what the log wrote by itself behind it is known: nothing up to `headId`. */
  #isWhole(): boolean {
    return this.#headId === this.#lastId;
  }

  /** Undefined where the file must be asked. */
  read(options: LogReadOptions): LogPage | undefined {
    const { afterId = 0, last, beforeId, limit = limits.logReadMax } = options;
    const [first] = this.#stored;
    const isHeld = first !== undefined && afterId + 1 >= first.firstId && afterId <= this.#lastId;
    if (!isHeld || last !== undefined || beforeId !== undefined) return undefined;
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.#behind(afterId, options)) {
      bytes += record.body.byteLength;
      const isFull = records.length === Math.min(limit, limits.logReadMax) || bytes > limits.logReadBytesMax;
      if (isFull && records.length > 0) return { records, nextId: records.at(-1)?.id ?? afterId };
      records.push(record);
    }
    return records.length > 0 || this.#isWhole() ? { records, nextId: this.#lastId } : undefined;
  }

  *#behind(afterId: number, { stream, machine, agent }: LogReadOptions): Generator<LogRecord> {
    for (const stored of this.#stored) {
      if (machine !== undefined && stored.machine !== machine) continue;
      for (let i = Math.max(0, afterId + 1 - stored.firstId); i < stored.records.length; i++) {
        const entry = stored.records[i];
        if (entry === undefined || (stream !== undefined && entry.stream !== stream)) continue;
        if (agent === undefined || entry.agent === agent) yield recordOf(stored, entry, i);
      }
    }
  }
}

function recordOf({ firstId, journalId, machine, isProved }: Stored, entry: RecordEntry, i: number): LogRecord {
  const { seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key } = entry;
  const integrity = isProved || i > 0 ? 'verified' : 'unverifiable';
  return {
    id: firstId + i,
    journalId,
    machine,
    seq,
    tsMs,
    stream,
    agent,
    epoch,
    body,
    hash,
    trace,
    ref,
    key,
    integrity,
  };
}
