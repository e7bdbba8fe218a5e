/** Which records of the log are a group's: their ids behind a place, how many there are, and the place of a moment. */
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';
import type { GroupSource } from './group-table.js';

/** Of everybody: the index of streams says it all, and no row is read. */
const ofAll = 'FROM records r WHERE r.stream = ? AND r.id > ? AND r.id <= ?';
const ofSome = `FROM records r CROSS JOIN journals j ON j.id = r.journal
  WHERE r.stream = ? AND r.id > ? AND r.id <= ? AND (? = '' OR r.agent = ?) AND (? = '' OR j.machine = ?)`;

/** One question about the records of a source between two ids, with a count where it has one. */
class SourceQuery {
  readonly #all;
  readonly #some;

  constructor(db: Connection, sqlOf: (ofSource: string) => string) {
    this.#all = db.prepare<(string | number)[], number>(sqlOf(ofAll)).pluck();
    this.#some = db.prepare<(string | number)[], number>(sqlOf(ofSome)).pluck();
  }

  numbers({ stream, machine, agent }: GroupSource, afterId: number, upToId: number, ...count: number[]): number[] {
    const between = [stream, afterId, upToId];
    if (machine === '' && agent === '') return this.#all.all(...between, ...count);
    return this.#some.all(...between, agent, agent, machine, machine, ...count);
  }
}

export class GroupScan {
  readonly #ids;
  readonly #count;
  readonly #behind;
  readonly #journals;
  readonly #tsAt;
  readonly #idAt;

  constructor(db: Connection) {
    this.#ids = new SourceQuery(db, (ofSource) => `SELECT r.id ${ofSource} ORDER BY r.id LIMIT ?`);
    this.#count = new SourceQuery(db, (ofSource) => `SELECT count(*) ${ofSource}`);
    this.#behind = new SourceQuery(db, (ofSource) => `SELECT count(*) FROM (SELECT 1 ${ofSource} LIMIT ?)`);
    this.#journals = db.prepare<[], { journal: number; base: number; head: number }>(
      'SELECT id AS journal, base_seq AS base, head_seq AS head FROM journals WHERE head_seq > base_seq',
    );
    this.#tsAt = db.prepare<[number, number], { seq: number; tsMs: number }>(
      'SELECT seq, ts AS tsMs FROM records WHERE journal = ? AND seq >= ? ORDER BY seq LIMIT 1',
    );
    this.#idAt = db
      .prepare<[number, number], number>('SELECT id FROM records WHERE journal = ? AND seq >= ? ORDER BY seq LIMIT 1')
      .pluck();
  }

  /** The next ones behind `afterId`, and up to where was looked: at most a bounded number of ids. */
  next(source: GroupSource, afterId: number, headId: number, count: number): { ids: number[]; upToId: number } {
    const upToId = Math.min(headId, afterId + limits.groupScanIds);
    const ids = this.#ids.numbers(source, afterId, upToId, count);
    return { ids, upToId: ids.length === count ? (ids.at(-1) ?? afterId) : Math.max(afterId, upToId) };
  }

  count(source: GroupSource, afterId: number, upToId: number): number {
    return this.#count.numbers(source, afterId, upToId)[0] ?? 0;
  }

  /** How many are behind a place; `groupLagCounted` stands for more. */
  lag(source: GroupSource, afterId: number, headId: number): number {
    return this.#behind.numbers(source, afterId, headId, limits.groupLagCounted)[0] ?? 0;
  }

  /**
   * The first id whose record was emitted at that moment or later, or undefined. Within a journal the clock of its machine
   * runs forward, so each is halved and not walked; where that clock was set back, what it says is taken for true.
   */
  idAt(timeMs: number): number | undefined {
    let firstId: number | undefined;
    for (const { journal, base, head } of this.#journals.all()) {
      const seq = this.#seqAt(journal, base + 1, head, timeMs);
      const id = seq === undefined ? undefined : this.#idAt.get(journal, seq);
      if (id !== undefined) firstId = Math.min(firstId ?? id, id);
    }
    return firstId;
  }

  #seqAt(journal: number, firstSeq: number, headSeq: number, timeMs: number): number | undefined {
    let low = firstSeq;
    let high = headSeq + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const record = this.#tsAt.get(journal, middle);
      if (record === undefined || record.seq >= high) {
        // Nothing but holes from the middle on.
        high = middle;
      } else if (record.tsMs >= timeMs) high = middle;
      else low = record.seq + 1;
    }
    return low > headSeq ? undefined : low;
  }
}
