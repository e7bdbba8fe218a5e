/** The rows of a journal: written once, read in runs that are verified against their chain, deleted when acknowledged. */
import { limits } from '../../core/limits.js';
import { type ChainEntry, type ChainPoint, HASH_BYTES, type NewRecord } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { RowInsert } from '../sqlite/row-insert.js';
import type { Damage, StoredEntry } from './chain-run.js';
import { verifyRun } from './chain-run.js';
import { type Chain, positionOf } from './chain-table.js';

/** Columns are unknown until they are checked: a damaged page may hold anything. */
export interface RecordRow {
  readonly position: number;
  readonly ts: unknown;
  readonly stream: unknown;
  readonly agent: unknown;
  readonly epoch: unknown;
  readonly body: unknown;
  readonly hash: unknown;
  readonly trace: unknown;
  readonly ref: unknown;
  readonly key: unknown;
}

export interface RunBounds {
  readonly limit: number;
  readonly bytesMax: number;
}

/** A page of a walk over the whole journal. */
export const pageBounds: RunBounds = { limit: limits.recordBatchMax, bytesMax: limits.recordBatchBytesMax };

/** Consecutive entries of one chain; empty at its end. */
export interface Run {
  readonly journalId: string;
  readonly previous: ChainPoint;
  readonly entries: readonly ChainEntry[];
  readonly damaged: readonly Damage[];
}

type RecordColumns = [
  position: number,
  ts: number,
  stream: string,
  agent: string,
  epoch: number,
  body: Uint8Array,
  hash: Uint8Array,
  trace: string,
  ref: string,
  key: string,
];

export class RecordTable {
  readonly #insert: RowInsert<RecordColumns>;
  readonly #range;
  readonly #hashAt;
  readonly #setHash;
  readonly #deleteRange;
  readonly #tail;
  readonly #tailOfStream;
  readonly #hasRef;

  constructor(db: Connection) {
    const names = ['position', 'ts', 'stream', 'agent', 'epoch', 'body', 'hash', 'trace', 'ref', 'key'] as const;
    this.#insert = new RowInsert(db, 'records', names);
    this.#range = db.prepare<[number, number], RecordRow>(
      'SELECT * FROM records WHERE position BETWEEN ? AND ? ORDER BY position',
    );
    // That it is not empty is said for the planner: only such rows are in the index.
    this.#hasRef = db.prepare<[string], number>("SELECT 1 FROM records WHERE ref = ? AND ref <> '' LIMIT 1").pluck();
    this.#hashAt = db.prepare<[number], unknown>('SELECT hash FROM records WHERE position = ?').pluck();
    this.#setHash = db.prepare<[Uint8Array, number]>('UPDATE records SET hash = ? WHERE position = ?');
    this.#deleteRange = db.prepare<[number, number]>('DELETE FROM records WHERE position BETWEEN ? AND ?');
    this.#tail = db.prepare<[number, number], RecordRow>(
      'SELECT * FROM records WHERE position > ? ORDER BY position LIMIT ?',
    );
    this.#tailOfStream = db.prepare<[number, string, number], RecordRow>(
      'SELECT * FROM records WHERE position > ? AND stream = ? ORDER BY position LIMIT ?',
    );
  }

  /** @param hashes of the records, one for each */
  insert(chain: Chain, firstSeq: number, records: readonly NewRecord[], hashes: readonly Uint8Array[]): void {
    const firstPosition = positionOf(chain, firstSeq);
    this.#insert.run(
      hashes.flatMap((hash, i) => {
        const record = records[i];
        return record === undefined ? [] : [columnsOf(firstPosition + i, record, hash)];
      }),
    );
  }

  /** The entries after `from`, each verified. A stored hash that is proved wrong is written anew. */
  readRun(chain: Chain, from: ChainPoint, bounds: RunBounds): Run {
    const { stored, lastSeq } = this.#collect(chain, from.seq, bounds);
    const { entries, damaged } = verifyRun(from, stored, lastSeq, chain.head);
    for (const { seq, isRepaired } of damaged) {
      const hash = isRepaired ? entries[seq - from.seq - 1]?.hash : null;
      if (hash) this.#setHash.run(hash, positionOf(chain, seq));
    }
    const { journalId } = chain;
    return { journalId, previous: from, entries, damaged: damaged.map((damage) => ({ journalId, ...damage })) };
  }

  /** All runs from a point to the head of the chain, a bounded page at a time. */
  *runs(chain: Chain, from: ChainPoint): Generator<Run> {
    let point = from;
    while (point.seq < chain.head.seq) {
      const run = this.readRun(chain, point, pageBounds);
      yield run;
      point = run.entries.at(-1) ?? chain.head;
    }
  }

  /** The rows of a run and the one behind it, which proves the last of the run. */
  #collect(chain: Chain, afterSeq: number, { limit, bytesMax }: RunBounds): { stored: StoredEntry[]; lastSeq: number } {
    const lastSeq = Math.min(chain.head.seq, afterSeq + limit);
    const endSeq = Math.min(chain.head.seq, lastSeq + 1);
    const stored: StoredEntry[] = [];
    let sizeBytes = 0;
    for (const row of this.#range.iterate(positionOf(chain, afterSeq + 1), positionOf(chain, endSeq))) {
      const entry = storedEntryOf(row, row.position - chain.firstPosition + 1);
      stored.push(entry);
      sizeBytes += entry.record?.body.byteLength ?? 0;
      if (sizeBytes > bytesMax && stored.length > 1) return { stored, lastSeq: Math.min(lastSeq, entry.seq - 1) };
    }
    return { stored, lastSeq };
  }

  /** The hash after entry `seq` of the chain; null when it is pruned, beyond the head or damaged. */
  hashAt(chain: Chain, seq: number): Uint8Array | null {
    const known = [chain.head, chain.acked, chain.base].find((point) => point.seq === seq);
    if (known !== undefined) return known.hash;
    if (seq < chain.base.seq || seq > chain.head.seq) return null;
    return hashOf(this.#hashAt.get(positionOf(chain, seq)));
  }

  delete(chain: Chain, fromSeq: number, toSeq: number): void {
    this.#deleteRange.run(positionOf(chain, fromSeq), positionOf(chain, toSeq));
  }

  /** Those of these references that a record has. */
  heldRefs(refs: readonly string[]): string[] {
    return refs.filter((ref) => this.#hasRef.get(ref) !== undefined);
  }

  tail(afterPosition: number, limit: number, stream?: string): RecordRow[] {
    return stream === undefined
      ? this.#tail.all(afterPosition, limit)
      : this.#tailOfStream.all(afterPosition, stream, limit);
  }
}

export function storedEntryOf(row: RecordRow, seq: number): StoredEntry {
  return { seq, record: recordOf(row), hash: hashOf(row.hash) };
}

const columnsOf = (
  position: number,
  { tsMs, stream, agent, epoch, body, trace, ref, key }: NewRecord,
  hash: Uint8Array,
): RecordColumns => [position, tsMs, stream, agent, epoch, body, hash, trace, ref, key];

const hashOf = (value: unknown): Uint8Array | null =>
  value instanceof Uint8Array && value.byteLength === HASH_BYTES ? value : null;

function recordOf({ ts, stream, agent, epoch, body, trace, ref, key }: RecordRow): NewRecord | undefined {
  const isWhole =
    typeof stream === 'string' &&
    typeof agent === 'string' &&
    body instanceof Uint8Array &&
    typeof trace === 'string' &&
    typeof ref === 'string' &&
    typeof key === 'string' &&
    isCount(ts) &&
    isCount(epoch);
  return isWhole ? { stream, tsMs: ts, agent, epoch, body, trace, ref, key } : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
