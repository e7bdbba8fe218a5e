/** The entries of the log: records under ids of their own, and holes. Written once, in a transaction of the caller. */
import type { ChainEntry } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import type { Openings } from './openings.js';

export class EntryTable {
  readonly #insertRecord;
  readonly #insertHole;
  readonly #hasRef;

  constructor(
    db: Connection,
    private readonly openings: Pick<Openings, 'note'>,
  ) {
    this.#insertRecord = db.prepare(
      'INSERT INTO records (journal, seq, ts, stream, agent, epoch, body, hash, trace, ref, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertHole = db.prepare('INSERT INTO holes (journal, seq, hash, reason) VALUES (?, ?, ?, ?)');
    // That it is not empty is said for the planner: only such rows are in the indices.
    this.#hasRef = db
      .prepare<{ machine: string; ref: string }, number>(
        `SELECT 1 FROM records r JOIN journals j ON j.id = r.journal WHERE r.ref = :ref AND r.ref <> '' AND j.machine = :machine
         UNION ALL SELECT 1 FROM dead_letters WHERE ref = :ref AND ref <> '' AND machine = :machine LIMIT 1`,
      )
      .pluck();
  }

  /** Whether a record or a dead letter refers to that body of a machine. */
  refersTo(machine: string, ref: string): boolean {
    return this.#hasRef.get({ machine, ref }) !== undefined;
  }

  /** Answers the id of a record. */
  insert(journal: number, entry: ChainEntry): number | undefined {
    if (entry.kind === 'hole') {
      this.#insertHole.run(journal, entry.seq, entry.hash, entry.reason);
      return undefined;
    }
    this.openings.note();
    const { seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key } = entry;
    return Number(
      this.#insertRecord.run(journal, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key).lastInsertRowid,
    );
  }
}
