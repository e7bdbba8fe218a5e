/** The entries of the log: records under ids of their own, and holes. Written once, in a transaction of the caller. */
import type { ChainEntry, RecordEntry } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { RowInsert } from '../sqlite/row-insert.js';
import type { Openings } from './openings.js';

type RecordColumns = [
  journal: number,
  seq: number,
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

export class EntryTable {
  readonly #records: RowInsert<RecordColumns>;
  readonly #insertHole;
  readonly #hasRef;

  constructor(
    db: Connection,
    private readonly openings: Pick<Openings, 'note'>,
  ) {
    const names = ['journal', 'seq', 'ts', 'stream', 'agent', 'epoch', 'body', 'hash', 'trace', 'ref', 'key'] as const;
    this.#records = new RowInsert(db, 'records', names);
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

  /** Answers the records among them and the id of the last of these, 0 when there is none: theirs are without a gap. */
  insert(journal: number, entries: readonly ChainEntry[]): { records: readonly RecordEntry[]; lastId: number } {
    const records: RecordEntry[] = [];
    for (const entry of entries) {
      if (entry.kind === 'record') records.push(entry);
      else this.#insertHole.run(journal, entry.seq, entry.hash, entry.reason);
    }
    if (records.length > 0) this.openings.note();
    return { records, lastId: this.#records.run(records.map((record) => columnsOf(journal, record))) };
  }
}

const columnsOf = (
  journal: number,
  { seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key }: RecordEntry,
): RecordColumns => [journal, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key];
