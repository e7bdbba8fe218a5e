/**
 * What main keeps of its streams, by the rules of the fleet. The oldest records of a stream go, in the order of their ids,
 * as soon as one of its bounds is passed: so what is left of a stream is always its end. Works within the transactions of
 * the log, a bounded number of rows at a time.
 *
 * R1. Nothing goes that a durable group of the stream has not settled.
 * R2. What is left stays proved by the hash before it, and what went is known by its place.
 * R3. The order is that of main's ids: a record that is not old enough keeps those behind it, whatever their clocks said. But
 *     one from the future says nothing of its age: it goes with the next one that is old.
 */
import { limits } from '../../core/limits.js';
import { type Retention, ruleFinder, type StreamRule } from '../../protocol/stream-rule.js';
import type { Connection } from '../sqlite/database.js';
import { PrunedRuns } from './pruned-runs.js';
import { BODY_BYTES, StreamTable, type StreamTotals } from './stream-table.js';

export interface RetentionStep {
  readonly rules: readonly StreamRule[];
  readonly wallMs: number;
  /** Streams up to this one are done. */
  readonly after: string;
}

export interface RetentionProgress {
  readonly prunedCount: number;
  /** Where the next step goes on; undefined when all streams are within their bounds. */
  readonly next: string | undefined;
  /** Streams of this step that are over a bound because of a group. */
  readonly held: readonly HeldStream[];
}

/** The durable group that has settled least of a stream: everything up to there is settled in all of them. */
export interface StreamHolder {
  readonly group: string;
  readonly floorId: number;
  readonly memberCount: number;
}

export interface HeldStream extends StreamHolder {
  readonly stream: string;
}

/** Where a stream begins or ends. */
export interface StreamEdge {
  readonly id: number;
  readonly tsMs: number;
}

export interface StreamState extends StreamTotals {
  readonly oldest: StreamEdge | undefined;
  readonly newest: StreamEdge | undefined;
}

interface OldRow {
  readonly id: number;
  readonly journal: number;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly ts: number;
  readonly bytes: number;
}

interface StreamSum {
  readonly stream: string;
  readonly count: number;
  readonly bytes: number;
}

export class StreamRetention {
  readonly table: StreamTable;
  readonly runs: PrunedRuns;
  readonly #oldest;
  readonly #first;
  readonly #firstDated;
  readonly #last;
  readonly #delete;
  readonly #sums;

  /** @param holderOf undefined where no group has to settle a stream */
  constructor(
    db: Connection,
    private readonly holderOf: (stream: string) => StreamHolder | undefined,
  ) {
    this.table = new StreamTable(db);
    this.runs = new PrunedRuns(db);
    this.#oldest = db.prepare<[string, number, number], OldRow>(
      `SELECT id, journal, seq, hash, ts, ${BODY_BYTES} AS bytes FROM records WHERE stream = ? AND id <= ? ORDER BY id LIMIT ?`,
    );
    const edge = (order: string) =>
      db.prepare<[string], StreamEdge>(
        `SELECT id, ts AS tsMs FROM records WHERE stream = ? ORDER BY id ${order} LIMIT 1`,
      );
    this.#first = edge('ASC');
    this.#last = edge('DESC');
    this.#firstDated = db
      .prepare<[string, number, number], number>(
        'SELECT ts FROM (SELECT id, ts FROM records WHERE stream = ? ORDER BY id LIMIT ?) WHERE ts <= ? ORDER BY id LIMIT 1',
      )
      .pluck();
    this.#delete = db.prepare<[string, number]>('DELETE FROM records WHERE stream = ? AND id <= ?');
    this.#sums = db.prepare<[number], StreamSum>(
      `SELECT stream, count(*) AS count, sum(${BODY_BYTES}) AS bytes FROM records WHERE id <= ? GROUP BY stream`,
    );
  }

  /** One bounded step over the streams behind `after`. @param onPruned up to which id a stream went */
  step({ rules, wallMs, after }: RetentionStep, onPruned: (stream: string, upToId: number) => void): RetentionProgress {
    const ruleOf = ruleFinder(rules);
    const page = this.table.page(after, STREAMS_PER_STEP);
    let budget: number = limits.streamPruneRowsMax;
    let done = after;
    const held: HeldStream[] = [];
    for (const totals of page) {
      const { stream } = totals;
      const keep = ruleOf(stream)?.keep;
      const holder = keep === undefined ? undefined : this.holderOf(stream);
      if (keep !== undefined) budget -= this.#prune(totals, keep, { wallMs, holder, rowsMax: budget }, onPruned);
      if (budget === 0) return { prunedCount: limits.streamPruneRowsMax, next: done, held };
      if (keep !== undefined && holder !== undefined && this.#isOver(this.table.get(stream), keep, wallMs))
        held.push({ stream, ...holder });
      done = stream;
    }
    const isEnd = page.length < STREAMS_PER_STEP;
    return { prunedCount: limits.streamPruneRowsMax - budget, next: isEnd ? undefined : done, held };
  }

  /** The log is about to delete everything up to there, of whatever stream. */
  beforePruneOfAll(upToId: number): void {
    for (const { stream, count, bytes } of this.#sums.all(upToId)) this.table.remove(stream, count, bytes);
  }

  list(after: string, limit: number): StreamState[] {
    return this.table.page(after, limit).map((totals) => ({
      ...totals,
      oldest: this.#first.get(totals.stream),
      newest: this.#last.get(totals.stream),
    }));
  }

  #isOver({ stream, count, bytes }: StreamTotals, keep: Retention, wallMs: number): boolean {
    if (count > (keep.count ?? count) || bytes > (keep.bytes ?? bytes)) return true;
    if (keep.ageMs === undefined) return false;
    const tsMs = this.#firstDated.get(stream, limits.streamPruneRowsMax, wallMs + CLOCKS_APART_MS);
    return tsMs !== undefined && tsMs < wallMs - keep.ageMs;
  }

  #prune(
    totals: StreamTotals,
    keep: Retention,
    bounds: { readonly wallMs: number; readonly holder: StreamHolder | undefined; readonly rowsMax: number },
    onPruned: (stream: string, upToId: number) => void,
  ): number {
    const { stream } = totals;
    const { wallMs, holder, rowsMax } = bounds;
    if (!this.#isOver(totals, keep, wallMs)) return 0;
    const floorId = holder?.floorId ?? Number.MAX_SAFE_INTEGER;
    const rows = surplusOf(this.#oldest.all(stream, floorId, rowsMax), totals, keep, wallMs);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    this.runs.add(rows);
    // Before they go: a row that has to be counted anew must still find them.
    this.table.remove(
      stream,
      rows.length,
      rows.reduce((sum, row) => sum + row.bytes, 0),
    );
    this.#delete.run(stream, last.id);
    onPruned(stream, last.id);
    return rows.length;
  }
}

/** The first rows that are over one of the bounds. */
function surplusOf(rows: readonly OldRow[], totals: StreamTotals, keep: Retention, wallMs: number): readonly OldRow[] {
  const { ageMs = Number.POSITIVE_INFINITY } = keep;
  let { count, bytes } = totals;
  let end = 0;
  for (const [index, row] of rows.entries()) {
    const isTooMuch =
      count > (keep.count ?? Number.POSITIVE_INFINITY) || bytes > (keep.bytes ?? Number.POSITIVE_INFINITY);
    if (isTooMuch || row.ts < wallMs - ageMs) end = index + 1;
    else if (row.ts <= wallMs + CLOCKS_APART_MS) break;
    count -= 1;
    bytes -= row.bytes;
  }
  return rows.slice(0, end);
}

/** So far ahead of main's clock another machine's may be: what is further ahead is of no time at all. */
const CLOCKS_APART_MS = 3_600_000;
/** Streams that one step looks at. */
const STREAMS_PER_STEP = 256;
