/**
 * INSERT of many rows, several by one statement: to run a statement costs as much as to bind a row of it. What is inserted
 * by one call has rowids without a gap, in its order, when the table chooses them and nobody else writes meanwhile.
 */
import type { Connection } from './database.js';

type Row = readonly (string | number | Uint8Array | null)[];

/** Measured with the rows of journal and log: four give most of it, and beyond eight there is nothing to gain. */
const ROWS_TOGETHER = 8;

export class RowInsert<Columns extends Row> {
  readonly #one;
  readonly #several;

  constructor(db: Connection, table: string, columns: { readonly [Index in keyof Columns]: string }) {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const insert = `INSERT INTO ${table} (${columns.join(', ')}) VALUES`;
    this.#one = db.prepare<Columns[]>(`${insert} ${row}`);
    this.#several = db.prepare<Columns[]>(`${insert} ${Array.from({ length: ROWS_TOGETHER }, () => row).join(', ')}`);
  }

  /** Answers the rowid of the last one; 0 when there is none. */
  run(rows: readonly Columns[]): number {
    let lastId: number | bigint = 0;
    let at = 0;
    for (; at + ROWS_TOGETHER <= rows.length; at += ROWS_TOGETHER)
      lastId = this.#several.run(...rows.slice(at, at + ROWS_TOGETHER)).lastInsertRowid;
    for (const row of rows.slice(at)) lastId = this.#one.run(row).lastInsertRowid;
    return Number(lastId);
  }
}
