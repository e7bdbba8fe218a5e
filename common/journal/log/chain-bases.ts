/**
 * What main's log forgets of chains whose records it has pruned, within the transactions that prune. The base of a chain is its
 * last pruned entry: what lies before that can no longer be compared, and nothing needs to be known of it. A chain of which
 * nothing is held is forgotten when it is not among the newest of its machine: each start of a node makes one.
 *
 * Its row is what a repeat of it would be known by. So the newest stay, however little they hold: a node may still write
 * them, and a backup of its journal may bring them back.
 */
import { limits } from '../../core/limits.js';
import type { Connection } from '../sqlite/database.js';
import type { PrunedRuns } from '../streams/pruned-runs.js';
import type { LogJournals } from './log-journals.js';

export class ChainBases {
  readonly #pruned;
  readonly #dropHoles;
  readonly #spent;

  constructor(
    db: Connection,
    private readonly journals: LogJournals,
    private readonly runs: Pick<PrunedRuns, 'forgetUpTo'>,
  ) {
    this.#pruned = db.prepare<[number], { journal: number; seq: number }>(
      'SELECT journal, max(seq) AS seq FROM records WHERE id <= ? GROUP BY journal',
    );
    this.#dropHoles = db.prepare<[number, number]>('DELETE FROM holes WHERE journal = ? AND seq <= ?');
    this.#spent = db
      .prepare<[number, number], number>(
        `SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY machine ORDER BY id DESC) AS age FROM journals)
         WHERE age > ? AND NOT EXISTS (SELECT 1 FROM records WHERE journal = id) LIMIT ?`,
      )
      .pluck();
  }

  /** Before the records up to that id go. */
  move(upToId: number): void {
    const pruned = this.#pruned.all(upToId);
    for (const journal of this.journals.all()) {
      const baseSeq = pruned.find((row) => row.journal === journal.id)?.seq;
      if (baseSeq === undefined) continue;
      this.journals.put({ ...journal, baseSeq });
      this.#forgetUpTo(journal.id, baseSeq);
    }
  }

  /** A bounded number of them. */
  forgetSpent(): void {
    for (const id of this.#spent.all(limits.logChainsKept, SPENT_AT_ONCE)) {
      this.#forgetUpTo(id, Number.MAX_SAFE_INTEGER);
      this.journals.remove(id);
    }
  }

  #forgetUpTo(journal: number, seq: number): void {
    this.runs.forgetUpTo(journal, seq);
    this.#dropHoles.run(journal, seq);
  }
}

const SPENT_AT_ONCE = 256;
