/** Which records of the log are a group's: their ids behind a place, how many there are, and the place of a moment. */
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';
import type { LagCounted, LagStep } from './group-requests.js';
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
  readonly #lag;
  readonly #lagOfSome;
  readonly #journals;
  readonly #tsAt;
  readonly #idAt;

  constructor(db: Connection) {
    this.#ids = new SourceQuery(db, (ofSource) => `SELECT r.id ${ofSource} ORDER BY r.id LIMIT ?`);
    this.#count = new SourceQuery(db, (ofSource) => `SELECT count(*) ${ofSource}`);
    const lagOf = (isOwn: string, from: string) =>
      db.prepare<(string | number)[], { count: number; looked: number; lastId: number }>(
        `SELECT coalesce(sum(own), 0) AS count, count(*) AS looked, coalesce(max(id), 0) AS lastId
         FROM (SELECT r.id AS id, ${isOwn} AS own FROM ${from}
               WHERE r.stream = ? AND r.id > ? AND r.id <= ? ORDER BY r.id LIMIT ?)`,
      );
    this.#lag = lagOf('1', 'records r');
    this.#lagOfSome = lagOf(
      "(? = '' OR r.agent = ?) AND (? = '' OR j.machine = ?)",
      'records r CROSS JOIN journals j ON j.id = r.journal',
    );
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

  /** How many of a group are among the next records of its stream; counted in steps, because there may be millions. */
  lag({ stream, machine, agent, afterId, upToId }: LagStep): LagCounted {
    const place = [stream, afterId, upToId, limits.groupScanIds];
    const isOfAll = machine === '' && agent === '';
    const row = isOfAll ? this.#lag.get(...place) : this.#lagOfSome.get(agent, agent, machine, machine, ...place);
    const { count = 0, looked = 0, lastId = 0 } = row ?? {};
    return { count, looked, nextId: looked < limits.groupScanIds ? undefined : lastId };
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
