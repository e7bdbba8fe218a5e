/** The chains that the log knows: whose each is, and up to where it is held. Each row carries a digest of itself. */
import { MeshError } from '../../core/errors.js';
import { type ChainPoint, genesisHash, rowDigest, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';

export interface LogJournal {
  readonly id: number;
  readonly journalId: string;
  readonly machine: string;
  readonly parentId: string | null;
  readonly baseSeq: number;
  readonly head: ChainPoint;
}

interface JournalRow {
  id: number;
  journal_id: string;
  machine: string;
  parent_id: string | null;
  base_seq: number;
  head_seq: number;
  head_hash: Uint8Array | null;
  digest: Uint8Array;
}

export class LogJournals {
  readonly #get;
  readonly #all;
  readonly #put;
  readonly #remove;
  readonly #nextId;
  readonly #sibling;

  constructor(db: Connection) {
    this.#get = db.prepare<[string], JournalRow>('SELECT * FROM journals WHERE journal_id = ?');
    this.#all = db.prepare<[], JournalRow>('SELECT * FROM journals ORDER BY id');
    this.#put = db.prepare('REPLACE INTO journals VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#remove = db.prepare<[number]>('DELETE FROM journals WHERE id = ?');
    this.#nextId = db.prepare<[], number>('SELECT coalesce(max(id), 0) + 1 FROM journals').pluck();
    this.#sibling = db
      .prepare<[string, string], string>(
        'SELECT journal_id FROM journals WHERE parent_id = ? AND journal_id <> ? AND head_seq > 0 ORDER BY id DESC LIMIT 1',
      )
      .pluck();
  }

  all(): LogJournal[] {
    return this.#all.all().map(journalOf);
  }

  find(journalId: string): LogJournal | undefined {
    const row = this.#get.get(journalId);
    return row === undefined ? undefined : journalOf(row);
  }

  /** The chain as it is held; at its beginning, and not stored yet, when it is new. Fails with CONFLICT when it belongs to another machine. */
  claim(journalId: string, machine: string): LogJournal {
    const known = this.find(journalId);
    if (known === undefined) {
      const head = { seq: 0, hash: genesisHash(journalId) };
      return { id: this.#nextId.get() ?? 1, journalId, machine, parentId: null, baseSeq: 0, head };
    }
    if (known.machine === machine) return known;
    throw new MeshError('CONFLICT', `chain ${journalId} belongs to machine ${known.machine}, not to ${machine}`, {
      hint: 'Give each machine a data folder of its own.',
      details: { journalId, owner: known.machine, machine },
    });
  }

  put(journal: LogJournal): LogJournal {
    const columns = columnsOf(journal);
    this.#put.run(...columns, rowDigest(columns));
    return journal;
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** Another chain with records behind the same parent. */
  siblingOf({ journalId, parentId }: LogJournal): string | undefined {
    return parentId === null ? undefined : this.#sibling.get(parentId, journalId);
  }
}

const columnsOf = ({ id, journalId, machine, parentId, baseSeq, head }: LogJournal) => [
  id,
  journalId,
  machine,
  parentId,
  baseSeq,
  head.seq,
  head.hash,
];

function journalOf(row: JournalRow): LogJournal {
  const journal: LogJournal = {
    id: row.id,
    journalId: row.journal_id,
    machine: row.machine,
    parentId: row.parent_id,
    baseSeq: row.base_seq,
    head: { seq: row.head_seq, hash: row.head_hash },
  };
  if (sameHash(rowDigest(columnsOf(journal)), row.digest)) return journal;
  throw new MeshError('JOURNAL_DAMAGED', `the row of journal ${row.id} (${row.journal_id}) does not match its digest`);
}
