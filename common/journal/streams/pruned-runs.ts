/**
 * Places of chains whose records went by the retention of their stream, as runs without a gap, each with the hash of its
 * last entry. So what retention leaves stays proved, what comes again is known as what was here, and a place that is empty
 * for another reason is seen as that. There are never more runs than records between them.
 */
import type { Connection } from '../sqlite/database.js';

/** An entry that is about to be deleted. */
export interface PrunedEntry {
  readonly journal: number;
  readonly seq: number;
  readonly hash: Uint8Array;
}

export interface PrunedRun {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly hash: Uint8Array;
}

export class PrunedRuns {
  readonly #at;
  readonly #put;
  readonly #delete;
  readonly #forget;

  constructor(db: Connection) {
    this.#at = db.prepare<[number, number], PrunedRun>(
      `SELECT first_seq AS firstSeq, last_seq AS lastSeq, hash FROM pruned_runs
       WHERE journal = ? AND last_seq >= ? ORDER BY last_seq LIMIT 1`,
    );
    this.#put = db.prepare('REPLACE INTO pruned_runs (journal, last_seq, first_seq, hash) VALUES (?, ?, ?, ?)');
    this.#delete = db.prepare('DELETE FROM pruned_runs WHERE journal = ? AND last_seq = ?');
    this.#forget = db.prepare('DELETE FROM pruned_runs WHERE journal = ? AND last_seq <= ?');
  }

  /** The run that the place is in; undefined when retention has nothing to do with it. */
  at(journal: number, seq: number): PrunedRun | undefined {
    const run = this.#at.get(journal, seq);
    return run !== undefined && run.firstSeq <= seq ? run : undefined;
  }

  /** Notes the entries of one step, in the order of their ids, which is that of each chain. */
  add(entries: readonly PrunedEntry[]): void {
    const open = new Map<number, PrunedRun>();
    for (const { journal, seq, hash } of entries) {
      const run = open.get(journal);
      if (run !== undefined && run.lastSeq === seq - 1) open.set(journal, { ...run, lastSeq: seq, hash });
      else {
        if (run !== undefined) this.#store(journal, run);
        open.set(journal, { firstSeq: seq, lastSeq: seq, hash });
      }
    }
    for (const [journal, run] of open) this.#store(journal, run);
  }

  /** Everything of the chain up to there is gone: nothing needs to be said of it. */
  forgetUpTo(journal: number, seq: number): void {
    this.#forget.run(journal, seq);
  }

  /** Joins the run with those that it touches. */
  #store(journal: number, run: PrunedRun): void {
    const before = this.at(journal, run.firstSeq - 1);
    const after = this.at(journal, run.lastSeq + 1);
    if (before !== undefined) this.#delete.run(journal, before.lastSeq);
    const { lastSeq, hash } = after ?? run;
    this.#put.run(journal, lastSeq, before?.firstSeq ?? run.firstSeq, hash);
  }
}
