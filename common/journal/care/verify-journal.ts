/**
 * A walk over every hash of a machine's journal, beside its writer: page by page, each page in a read of its own, so that
 * the write-ahead log is never held for long. What is pruned while the walk is on its way is passed over.
 */

import { verifyRun } from '../machine/chain-run.js';
import { type Chain, ChainTable, positionOf } from '../machine/chain-table.js';
import { pageBounds, type RecordRow, storedEntryOf } from '../machine/record-table.js';
import { type ChainPoint, sameHash } from '../record.js';
import type { Connection } from '../sqlite/database.js';
import type { VerdictBuilder } from './store-verdict.js';

/** Adds every record to `verdict`; calls `onPage` between two pages. @throws JOURNAL_DAMAGED for the row of a chain */
export function verifyJournal(db: Connection, verdict: VerdictBuilder, onPage: () => void): void {
  const walk = new JournalWalk(db, verdict);
  for (let chainId: number | undefined = 0; chainId !== undefined; chainId = walk.nextChain(chainId)) {
    while (walk.page(chainId)) onPage();
  }
}

/** How many records the walk will see. */
export const journalRecordCount = (db: Connection): number =>
  new ChainTable(db).all.reduce((sum, { head, base }) => sum + head.seq - base.seq, 0);

class JournalWalk {
  readonly #rows;
  #point: ChainPoint = { seq: 0, hash: null };
  #chainId = 0;

  constructor(
    private readonly db: Connection,
    private readonly verdict: VerdictBuilder,
  ) {
    this.#rows = db.prepare<[number, number], RecordRow>(
      'SELECT * FROM records WHERE position BETWEEN ? AND ? ORDER BY position',
    );
  }

  nextChain(chainId: number): number | undefined {
    return new ChainTable(this.db).all.find(({ id }) => id > chainId)?.id;
  }

  /** False at the end of the chain. */
  page(chainId: number): boolean {
    return this.db.transaction(() => {
      const chain = new ChainTable(this.db).all.find(({ id }) => id === chainId);
      if (chain === undefined) return false;
      if (this.#chainId !== chainId || this.#point.seq < chain.base.seq) this.#point = chain.base;
      this.#chainId = chainId;
      if (this.#point.seq >= chain.head.seq) return false;
      this.#check(chain);
      return true;
    })();
  }

  #check(chain: Chain): void {
    const { seq } = this.#point;
    const lastSeq = Math.min(chain.head.seq, seq + pageBounds.limit);
    // One more than the page has: it proves the last of them.
    const rows = this.#rows.all(positionOf(chain, seq + 1), positionOf(chain, Math.min(chain.head.seq, lastSeq + 1)));
    const stored = rows.map((row) => storedEntryOf(row, row.position - chain.firstPosition + 1));
    const { entries, damaged } = verifyRun(this.#point, stored, lastSeq, chain.head);
    const { journalId } = chain;
    const present = new Set(stored.map((entry) => entry.seq));
    let previous = this.#point.hash;
    for (const entry of entries) {
      if (entry.kind === 'record') this.verdict.checked(previous !== null);
      previous = entry.hash;
    }
    for (const { seq: at, reason, isRepaired } of damaged) {
      if (isRepaired) continue; // its content is proved, and its writer puts the hash right when it reads it
      if (present.has(at)) this.verdict.damaged({ journalId, seq: at, reason });
      else this.verdict.missing({ journalId, seq: at, reason }, 1);
    }
    this.#point = entries.at(-1) ?? chain.head;
    this.#refuseOtherHead(chain);
  }

  #refuseOtherHead(chain: Chain): void {
    const { seq, hash } = this.#point;
    if (seq !== chain.head.seq || hash === null || sameHash(hash, chain.head.hash)) return;
    this.verdict.missing({ journalId: chain.journalId, seq, reason: 'the chain ends with another hash' }, 1);
  }
}
