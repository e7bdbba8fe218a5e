/** Reading the merged log: by id, filtered, bounded in rows and bytes, each record with a word on its integrity. */
import { limits } from '../../core/limits.js';
import { type Integrity, integrityOf } from '../machine/journal-tail.js';
import { type ChainedRecord, genesisHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { PrunedRuns } from '../streams/pruned-runs.js';

export interface LogReadOptions {
  readonly stream?: string;
  readonly machine?: string;
  readonly agent?: string;
  /** Oldest first, of those with a greater id. */
  readonly afterId?: number;
  /** The newest of those with a smaller id. */
  readonly beforeId?: number;
  /** The newest so many of all; 0 only asks where the log ends. */
  readonly last?: number;
  readonly limit?: number;
}

export interface LogRecord extends ChainedRecord {
  readonly id: number;
  readonly journalId: string;
  readonly machine: string;
  readonly integrity: Integrity;
}

export interface LogPage {
  /** Ascending by id. */
  readonly records: readonly LogRecord[];
  /** Continue after this id; past records that the filter left out. */
  readonly nextId: number;
}

interface LogRow extends Omit<LogRecord, 'integrity'> {
  readonly journal: number;
}

/** CROSS keeps the records outermost: a plan that began with the journals would have to sort all of a machine's. */
const selectRecords = `SELECT r.id, r.journal, j.journal_id AS journalId, j.machine, r.seq, r.ts AS tsMs, r.stream, r.agent, r.epoch,
  r.body, r.hash, r.trace, r.ref, r.key FROM records r CROSS JOIN journals j ON j.id = r.journal`;

export class LogReader {
  readonly #db: Connection;
  readonly #headId;
  readonly #hashAt;
  readonly #holeHashAt;
  readonly #byId;
  readonly #prunedRuns;

  constructor(db: Connection) {
    this.#db = db;
    this.#headId = db
      .prepare<[], number>("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'records'")
      .pluck();
    this.#hashAt = db
      .prepare<[number, number], Uint8Array>('SELECT hash FROM records WHERE journal = ? AND seq = ?')
      .pluck();
    this.#holeHashAt = db
      .prepare<[number, number], Uint8Array | null>('SELECT hash FROM holes WHERE journal = ? AND seq = ?')
      .pluck();
    this.#byId = db.prepare<[number], LogRow>(`${selectRecords} WHERE r.id = ?`);
    this.#prunedRuns = new PrunedRuns(db);
  }

  /** The newest id ever given, also when its record was pruned. */
  headId(): number {
    return this.#headId.get() ?? 0;
  }

  /** The hash of an entry that is held, or was: null for one of which nobody knows it, undefined for one that is not here. */
  hashAt(journal: number, seq: number): Uint8Array | null | undefined {
    const held = this.#hashAt.get(journal, seq) ?? this.#holeHashAt.get(journal, seq);
    if (held !== undefined) return held;
    const run = this.#prunedRuns.at(journal, seq);
    return run?.lastSeq === seq ? run.hash : undefined;
  }

  read(options: LogReadOptions): LogPage {
    const { afterId = 0, last } = options;
    const isBackward = last !== undefined || options.beforeId !== undefined;
    const limit = Math.min(last ?? options.limit ?? limits.logReadMax, limits.logReadMax);
    const headId = this.headId();
    const { records, isCut } = this.#collect(options, limit, isBackward);
    if (isBackward) return { records: records.reverse(), nextId: headId };
    return { records, nextId: isCut ? (records.at(-1)?.id ?? afterId) : Math.max(headId, afterId) };
  }

  byIds(ids: readonly number[]): LogRecord[] {
    return ids.flatMap((id) => this.#byId.get(id) ?? []).map((row) => this.#recordOf(row));
  }

  #collect(options: LogReadOptions, limit: number, isBackward: boolean): { records: LogRecord[]; isCut: boolean } {
    const filter = filterOf(options);
    const order = isBackward ? 'DESC' : 'ASC';
    const statement = this.#db.prepare<unknown[], LogRow>(
      `${selectRecords} WHERE ${filter.sql} ORDER BY r.id ${order} LIMIT ?`,
    );
    const records: LogRecord[] = [];
    let sizeBytes = 0;
    let before: LogRow | undefined;
    for (const row of statement.iterate(...filter.values, limit)) {
      sizeBytes += row.body.byteLength;
      if (sizeBytes > limits.logReadBytesMax && records.length > 0) return { records, isCut: true };
      records.push(this.#recordOf(row, before));
      before = row;
    }
    return { records, isCut: records.length === limit };
  }

  /** `before`: a row that may be the one before it in its chain, so that its hash is at hand. */
  #recordOf(row: LogRow, before?: LogRow): LogRecord {
    const { id, journal, journalId, machine, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key } = row;
    const isNext = before?.journal === journal && before.seq === seq - 1;
    const previous = isNext ? before.hash : this.#hashBefore(row);
    const integrity = integrityOf(previous, row);
    return { id, journalId, machine, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key, integrity };
  }

  #hashBefore({ journal, journalId, seq }: LogRow): Uint8Array | null {
    return seq === 1 ? genesisHash(journalId) : (this.hashAt(journal, seq - 1) ?? null);
  }
}

function filterOf(options: LogReadOptions): { sql: string; values: (string | number)[] } {
  const conditions: [sql: string, value: string | number | undefined][] = [
    ['r.id > ?', options.afterId],
    ['r.id < ?', options.beforeId],
    ['r.stream = ?', options.stream],
    ['j.machine = ?', options.machine],
    ['r.agent = ?', options.agent],
  ];
  const used = conditions.filter((condition): condition is [string, string | number] => condition[1] !== undefined);
  return { sql: ['true', ...used.map(([sql]) => sql)].join(' AND '), values: used.map(([, value]) => value) };
}
