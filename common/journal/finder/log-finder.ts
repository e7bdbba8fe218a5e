/**
 * Finds records of main's log by time, stream, machine, agent and trace, in any combination, newest or oldest first, a page
 * at a time. Order is that of arrival on main, which is that of the ids: the clocks of machines differ, and a machine that
 * was cut off brings old records late.
 *
 * A page costs a bounded number of rows looked at, whatever is asked and however rare it is: a page may hold less than was
 * asked for, or nothing, and still say where to go on.
 */
import { limits } from '../../core/limits.js';
import { LogReader, type LogRecord } from '../log/log-reader.js';
import type { Connection } from '../sqlite/database.js';
import { prepareSeek, SourceCursor } from './source-cursor.js';
import { mayHold } from './trace-filter.js';
import { firstIdOf, OTHER_SOURCE, zoneOf } from './zone-index.js';

export interface FindOptions {
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly stream?: string;
  readonly machine?: string;
  readonly agent?: string;
  /** 32 hexadecimal digits. */
  readonly trace?: string;
  readonly order: 'newest' | 'oldest';
  /** Where the page before ended: only what is behind it. */
  readonly behindId?: number;
  readonly limit: number;
}

export interface FoundPage {
  readonly records: readonly LogRecord[];
  /** Go on behind it; undefined at the end. */
  readonly nextId: number | undefined;
}

type Value = string | number;

export class LogFinder {
  readonly #reader: LogReader;

  constructor(private readonly db: Connection) {
    this.#reader = new LogReader(db);
  }

  find(options: FindOptions): FoundPage {
    return this.db.transaction(() => {
      const search = new Search(this.db, options);
      const { ids, nextId } = search.run(this.#reader.headId());
      return this.#page(ids, nextId);
    })();
  }

  /** Cut where the bodies would not fit an answer any more. */
  #page(ids: readonly number[], nextId: number | undefined): FoundPage {
    const records: LogRecord[] = [];
    let sizeBytes = 0;
    for (const id of ids) {
      const [record] = this.#reader.byIds([id]);
      if (record === undefined) continue;
      sizeBytes += record.body.byteLength;
      if (sizeBytes > limits.logReadBytesMax && records.length > 0) return { records, nextId: records.at(-1)?.id };
      records.push(record);
    }
    return { records, nextId };
  }
}

/** One page. */
class Search {
  readonly #isNewestFirst: boolean;
  readonly #ids: number[] = [];
  #lookedAt = 0;
  /** The last id that was looked at, whether it was one that is looked for or not. */
  #passedId = 0;

  constructor(
    private readonly db: Connection,
    private readonly options: FindOptions,
  ) {
    this.#isNewestFirst = options.order === 'newest';
  }

  run(headId: number): { ids: number[]; nextId: number | undefined } {
    const { behindId } = this.options;
    const indexedZone = this.db.prepare<[], number | null>('SELECT max(zone) FROM zones').pluck().get() ?? -1;
    const tailId = firstIdOf(indexedZone + 1);
    const first = behindId === undefined ? 1 : behindId + 1;
    const last = behindId === undefined ? headId : Math.min(headId, behindId - 1);
    const parts = this.#isNewestFirst
      ? [() => this.#tail(tailId, last), () => this.#zones(zoneOf(Math.min(last, tailId - 1)), last)]
      : [() => this.#zones(zoneOf(first), first), () => this.#tail(Math.max(tailId, first), headId)];
    const isWhole = parts.every((part) => part());
    return { ids: this.#ids, nextId: isWhole ? undefined : this.#passedId };
  }

  get #isFull(): boolean {
    return this.#ids.length >= this.options.limit || this.#lookedAt >= limits.findRowsMax;
  }

  /** Ids that are not indexed, or of which the index says no more. False when the page is full. */
  #tail(fromId: number, toId: number): boolean {
    return fromId > toId || this.#scan(fromId, toId);
  }

  /** Row by row within bounds. */
  #scan(fromId: number, toId: number): boolean {
    const { sql, values } = this.#filter;
    const order = this.#isNewestFirst ? 'DESC' : 'ASC';
    const rows = this.db
      .prepare<Value[], number>(
        `SELECT r.id FROM records r CROSS JOIN journals j ON j.id = r.journal
         WHERE r.id BETWEEN ? AND ? AND ${sql} ORDER BY r.id ${order} LIMIT ?`,
      )
      .pluck();
    for (let [low, high] = [fromId, toId]; low <= high; ) {
      const [start, end] = this.#isNewestFirst
        ? [Math.max(low, high - SCAN_IDS + 1), high]
        : [low, Math.min(high, low + SCAN_IDS - 1)];
      const wanted = this.options.limit - this.#ids.length;
      const ids = rows.all(start, end, ...values, wanted);
      this.#ids.push(...ids);
      this.#lookedAt += end - start + 1;
      const isCut = ids.length === wanted;
      this.#passedId = isCut ? (ids.at(-1) ?? start) : this.#isNewestFirst ? start : end;
      if (this.#isFull) return false;
      if (this.#isNewestFirst) high = start - 1;
      else low = end + 1;
    }
    return true;
  }

  /** The indexed blocks from `zone` on, of which the first may be wanted only in part. False when the page is full. */
  #zones(zone: number, boundId: number): boolean {
    const cursors = this.#cursors();
    const candidates = this.#candidateStatement();
    for (let at: number | undefined = zone; ; ) {
      const candidate: number | undefined = at === undefined || at < 0 ? undefined : candidates(at);
      if (candidate === undefined) return true;
      at = cursors === undefined ? candidate : nextOf(cursors, candidate, this.#isNewestFirst);
      if (at === undefined) return true;
      if (at !== candidate) continue; // behind it; whether its time fits is to be seen
      if (!this.#zone(at, boundId, cursors)) return false;
      at += this.#isNewestFirst ? -1 : 1;
    }
  }

  #zone(zone: number, boundId: number, cursors: readonly SourceCursor[] | undefined): boolean {
    const [low, high] = this.#isNewestFirst
      ? [firstIdOf(zone), Math.min(boundId, firstIdOf(zone + 1) - 1)]
      : [Math.max(boundId, firstIdOf(zone)), firstIdOf(zone + 1) - 1];
    if (cursors === undefined || this.options.trace !== undefined) return this.#scan(low, high);
    const ids = cursors.flatMap((cursor) => cursor.idsIn(zone)).filter((id) => id >= low && id <= high);
    ids.sort((a, b) => (this.#isNewestFirst ? b - a : a - b));
    return this.#take(ids);
  }

  /** Of rows that the index names: what else is asked of them is asked of each. */
  #take(ids: readonly number[]): boolean {
    const { sql, values } = this.#filter;
    const row = this.db
      .prepare<Value[], number>(
        `SELECT r.id FROM records r CROSS JOIN journals j ON j.id = r.journal WHERE r.id = ? AND ${sql}`,
      )
      .pluck();
    for (const id of ids) {
      if (row.get(id, ...values) !== undefined) this.#ids.push(id);
      this.#lookedAt++;
      this.#passedId = id;
      if (this.#isFull) return false;
    }
    return true;
  }

  /** Of every source that is asked for; undefined when none is. */
  #cursors(): SourceCursor[] | undefined {
    const conditions = conditionsOf([
      ['machine = ?', this.options.machine],
      ['stream = ?', this.options.stream],
      ['agent = ?', this.options.agent],
    ]);
    if (conditions.values.length === 0) return undefined;
    const sources = this.db
      .prepare<Value[], number>(`SELECT id FROM sources WHERE ${conditions.sql}`)
      .pluck()
      .all(...conditions.values);
    const seek = prepareSeek(this.db, this.#isNewestFirst);
    return [OTHER_SOURCE, ...sources].map((source) => new SourceCursor(source, this.#isNewestFirst, seek));
  }

  /** The next block from one on whose time fits, and which may hold the trace. */
  #candidateStatement(): (zone: number) => number | undefined {
    const { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER, trace } = this.options;
    const [from, order] = this.#isNewestFirst ? ['z.zone <= ?', 'DESC'] : ['z.zone >= ?', 'ASC'];
    const fits = `${from} AND z.max_ts >= ? AND z.min_ts <= ?`;
    if (trace === undefined) {
      const next = this.db
        .prepare<number[], number>(`SELECT z.zone FROM zones z WHERE ${fits} ORDER BY z.zone ${order} LIMIT 1`)
        .pluck();
      return (zone) => next.get(zone, sinceMs, untilMs);
    }
    const filters = this.db.prepare<number[], { zone: number; filter: Uint8Array }>(
      `SELECT z.zone, t.filter FROM zones z CROSS JOIN zone_traces t ON t.zone = z.zone WHERE ${fits} ORDER BY z.zone ${order}`,
    );
    return (zone) => {
      for (const candidate of filters.iterate(zone, sinceMs, untilMs)) {
        if (mayHold(candidate.filter, trace)) return candidate.zone;
      }
      return undefined;
    };
  }

  get #filter(): { sql: string; values: Value[] } {
    const { sinceMs, untilMs, stream, machine, agent, trace } = this.options;
    return conditionsOf([
      ['r.ts >= ?', sinceMs],
      ['r.ts <= ?', untilMs],
      ['r.stream = ?', stream],
      ['j.machine = ?', machine],
      ['r.agent = ?', agent],
      ['r.trace = ?', trace],
    ]);
  }
}

/** Rows that one statement looks at: between two of them it is seen whether the page has cost enough. */
const SCAN_IDS = 4_096;

function nextOf(cursors: readonly SourceCursor[], zone: number, isNewestFirst: boolean): number | undefined {
  let next: number | undefined;
  for (const cursor of cursors) {
    const at = cursor.from(zone);
    if (at !== undefined && (next === undefined || (isNewestFirst ? at > next : at < next))) next = at;
  }
  return next;
}

function conditionsOf(conditions: readonly (readonly [sql: string, value: Value | undefined])[]) {
  const used = conditions.filter((condition): condition is [string, Value] => condition[1] !== undefined);
  return { sql: ['true', ...used.map(([sql]) => sql)].join(' AND '), values: used.map(([, value]) => value) };
}
