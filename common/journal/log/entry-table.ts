/** The entries of the log: records under ids of their own, and holes. Written once, in a transaction of the caller. */
import type { ChainEntry } from '../record.js';
import type { Connection } from '../sqlite/database.js';

export class EntryTable {
  readonly #insertRecord;
  readonly #insertHole;

  constructor(db: Connection) {
    this.#insertRecord = db.prepare(
      'INSERT INTO records (journal, seq, ts, stream, agent, epoch, body, hash, trace, ref, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertHole = db.prepare('INSERT INTO holes (journal, seq, hash, reason) VALUES (?, ?, ?, ?)');
  }

  /** Answers the id of a record. */
  insert(journal: number, entry: ChainEntry): number | undefined {
    if (entry.kind === 'hole') {
      this.#insertHole.run(journal, entry.seq, entry.hash, entry.reason);
      return undefined;
    }
    const { seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key } = entry;
    return Number(
      this.#insertRecord.run(journal, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key).lastInsertRowid,
    );
  }
}
