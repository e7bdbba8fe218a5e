/**
 * A walk over every hash of main's log, chain by chain, beside its writer: page by page, each page in a read of its own.
 * Every place of a chain behind what was pruned must be a record that follows from the one before it, or a hole that says
 * why it is none. A record behind a hole without a hash, or behind what was pruned, has nothing left to prove it.
 */
import { limits } from '../../core/limits.js';
import { type LogJournal, LogJournals } from '../log/log-journals.js';
import { type RecordRow, storedEntryOf } from '../machine/record-table.js';
import { chainHash, genesisHash, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import { PrunedRuns } from '../streams/pruned-runs.js';
import type { Fork, VerdictBuilder } from './store-verdict.js';

interface SeqRow extends RecordRow {
  readonly seq: number;
}

interface HoleRow {
  readonly seq: number;
  readonly hash: Uint8Array | null;
}

/** Adds every record to `verdict`; calls `onPage` between two pages. @throws JOURNAL_DAMAGED for the row of a chain */
export function verifyLog(db: Connection, verdict: VerdictBuilder, onPage: () => void): void {
  for (const { journalId } of new LogJournals(db).all()) {
    const walk = new ChainWalk(db, journalId, verdict);
    while (walk.page()) onPage();
  }
}

export const logRecordCount = (db: Connection): number =>
  db.prepare<[], number>('SELECT coalesce(max(id) - min(id) + 1, 0) FROM records').pluck().get() ?? 0;

export function forksOf(db: Connection): Fork[] {
  const children = new Map<string, string[]>();
  for (const { journalId, parentId, head } of new LogJournals(db).all()) {
    if (parentId === null || head.seq === 0) continue;
    children.set(parentId, [...(children.get(parentId) ?? []), journalId]);
  }
  return [...children]
    .filter(([, journalIds]) => journalIds.length > 1)
    .map(([parentId, journalIds]) => ({ parentId, journalIds }));
}

class ChainWalk {
  readonly #records;
  readonly #holes;
  readonly #runs;
  #seq = 0;
  #hash: Uint8Array | null;

  constructor(
    private readonly db: Connection,
    private readonly journalId: string,
    private readonly verdict: VerdictBuilder,
  ) {
    this.#hash = genesisHash(journalId);
    this.#records = db.prepare<[number, number, number], SeqRow>(
      'SELECT *, id AS position FROM records WHERE journal = ? AND seq > ? ORDER BY seq LIMIT ?',
    );
    this.#holes = db.prepare<[number, number, number], HoleRow>(
      'SELECT seq, hash FROM holes WHERE journal = ? AND seq BETWEEN ? AND ? ORDER BY seq',
    );
    this.#runs = new PrunedRuns(db);
  }

  /** False when the chain was walked to its end. */
  page(): boolean {
    return this.db.transaction(() => {
      const journal = new LogJournals(this.db).find(this.journalId);
      if (journal === undefined) return false;
      if (this.#seq < journal.baseSeq) this.#begin(journal.baseSeq, null);
      if (this.#seq >= journal.head.seq) return false;
      this.#check(journal);
      return true;
    })();
  }

  #check({ id, head }: LogJournal): void {
    const rows = this.#records.all(id, this.#seq, limits.recordBatchMax);
    const lastSeq = rows.length === limits.recordBatchMax ? (rows.at(-1)?.seq ?? head.seq) : head.seq;
    const holes = new Map(this.#holes.all(id, this.#seq + 1, lastSeq).map((hole) => [hole.seq, hole.hash]));
    for (const row of rows) {
      this.#passTo(id, row.seq, holes);
      this.#judge(row);
    }
    this.#passTo(id, lastSeq + 1, holes);
    const isOtherHead = lastSeq === head.seq && this.#hash && head.hash && !sameHash(this.#hash, head.hash);
    if (isOtherHead) this.#miss(lastSeq, 1, 'the chain ends with another hash');
  }

  #judge(row: SeqRow): void {
    const { record, hash } = storedEntryOf(row, row.seq);
    const { journalId } = this;
    if (record === undefined || hash === null) {
      this.verdict.damaged({ journalId, seq: row.seq, reason: 'its row cannot be read' });
    } else if (this.#hash !== null && !sameHash(chainHash(this.#hash, row.seq, record), hash)) {
      this.verdict.damaged({ journalId, seq: row.seq, reason: 'its content does not match its hash' });
    } else this.verdict.checked(this.#hash !== null);
    this.#begin(row.seq, hash);
  }

  /** The places up to `seq` that hold no record. */
  #passTo(journal: number, seq: number, holes: ReadonlyMap<number, Uint8Array | null>): void {
    while (this.#seq + 1 < seq) {
      const at = this.#seq + 1;
      const hash = holes.get(at);
      const run = hash === undefined ? this.#runs.at(journal, at) : undefined;
      if (run !== undefined) this.#begin(Math.min(run.lastSeq, seq - 1), run.hash);
      else if (hash === undefined) {
        let end = at;
        while (end + 1 < seq && !holes.has(end + 1) && this.#runs.at(journal, end + 1) === undefined) end++;
        this.#miss(at, end - at + 1, end === at ? 'it is not held' : `it and the next ${end - at} are not held`);
        this.#begin(end, null);
      } else {
        this.verdict.hole();
        this.#begin(at, hash);
      }
    }
  }

  #miss(seq: number, count: number, reason: string): void {
    this.verdict.missing({ journalId: this.journalId, seq, reason }, count);
  }

  #begin(seq: number, hash: Uint8Array | null): void {
    this.#seq = seq;
    this.#hash = hash;
  }
}
