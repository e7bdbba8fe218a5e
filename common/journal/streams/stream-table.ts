/**
 * How much the log holds of each stream. Kept with every change and in its transaction, so that neither retention nor a
 * person who looks has to count millions of rows. A row carries a digest of itself: one that does not match is counted
 * anew, and put right where that can be stored, because a wrong sum would let retention delete what it is to keep.
 */
import { rowDigest, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';

export interface StreamTotals {
  readonly stream: string;
  readonly count: number;
  /** Of bodies, also of those that are files of their machine. */
  readonly bytes: number;
  /** Records that retention has deleted since the stream is known. */
  readonly pruned: number;
}

interface StreamRow extends StreamTotals {
  readonly digest: Uint8Array;
}

/** The bytes of a row's body, wherever it is. */
export const BODY_BYTES = "length(body) + CASE ref WHEN '' THEN 0 ELSE CAST(substr(ref, 66) AS INTEGER) END";

/** The same of a record on its way in. */
export const bodyBytesOf = ({ body, ref }: { readonly body: Uint8Array; readonly ref: string }): number =>
  body.byteLength + (ref === '' ? 0 : Number(ref.slice(65)));

export class StreamTable {
  readonly #get;
  readonly #put;
  readonly #page;
  readonly #total;
  readonly #recount;
  /** Added in this transaction, and not stored yet. */
  readonly #added = new Map<string, { count: number; bytes: number }>();

  constructor(private readonly db: Connection) {
    this.#get = db.prepare<[string], StreamRow>('SELECT * FROM streams WHERE stream = ?');
    this.#put = db.prepare('REPLACE INTO streams VALUES (?, ?, ?, ?, ?)');
    this.#page = db.prepare<[string, number], StreamRow>(
      'SELECT * FROM streams WHERE stream > ? ORDER BY stream LIMIT ?',
    );
    this.#total = db.prepare<[], number>('SELECT coalesce(sum(count), 0) FROM streams').pluck();
    this.#recount = db.prepare<[string], { count: number; bytes: number }>(
      `SELECT count(*) AS count, coalesce(sum(${BODY_BYTES}), 0) AS bytes FROM records WHERE stream = ?`,
    );
  }

  /** Counts a record that was stored; `flush` writes it down before the transaction ends. */
  add(stream: string, bytes: number): void {
    const sum = this.#added.get(stream);
    if (sum === undefined) this.#added.set(stream, { count: 1, bytes });
    else {
      sum.count += 1;
      sum.bytes += bytes;
    }
  }

  flush(): void {
    for (const [stream, { count, bytes }] of this.#added) this.#change(stream, count, bytes, 0);
    this.#added.clear();
  }

  /** What was added did not happen: its transaction failed. */
  forget(): void {
    this.#added.clear();
  }

  remove(stream: string, count: number, bytes: number): void {
    if (count > 0) this.#change(stream, -count, -bytes, count);
  }

  get(stream: string): StreamTotals {
    const row = this.#get.get(stream);
    return row === undefined ? { stream, count: 0, bytes: 0, pruned: 0 } : this.#proved(row);
  }

  /** In the order of their names, behind `after`. */
  page(after: string, limit: number): StreamTotals[] {
    return this.#page.all(after, limit).map((row) => this.#proved(row));
  }

  /** How many records of all streams there are beyond `keep`. Nothing is said to be too much on the word of an unproved row. */
  beyond(keep: number): number {
    if ((this.#total.get() ?? 0) <= keep) return 0;
    let total = 0;
    for (const row of this.#page.all('', Number.MAX_SAFE_INTEGER)) total += this.#proved(row).count;
    return Math.max(0, total - keep);
  }

  #change(stream: string, count: number, bytes: number, pruned: number): void {
    const now = this.get(stream);
    this.#store({ stream, count: now.count + count, bytes: now.bytes + bytes, pruned: now.pruned + pruned });
  }

  #store({ stream, count, bytes, pruned }: StreamTotals): void {
    const columns = [stream, count, bytes, pruned];
    this.#put.run(...columns, rowDigest(columns));
  }

  #proved({ digest, ...totals }: StreamRow): StreamTotals {
    const { stream, count, bytes, pruned } = totals;
    if (digest.byteLength === 0 || sameHash(rowDigest([stream, count, bytes, pruned]), digest)) return totals;
    const added = this.#added.get(stream) ?? { count: 0, bytes: 0 };
    const found = this.#recount.get(stream) ?? { count: 0, bytes: 0 };
    const counted = { stream, count: found.count - added.count, bytes: found.bytes - added.bytes, pruned };
    if (this.db.inTransaction) this.#store(counted);
    return counted;
  }
}
