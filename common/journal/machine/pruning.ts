/** Which records of a journal go: acknowledged ones, oldest first over all chains, and a bounded number at a time. */
import { limits } from '../../core/limits.js';
import type { ChainTable } from './chain-table.js';
import type { RecordTable } from './record-table.js';

/** Until `keep` acknowledged ones are left. Within a transaction of the caller. */
export function pruneAcked(
  chains: ChainTable,
  records: RecordTable,
  keep: number,
): { prunedCount: number; isDone: boolean } {
  const ackedCount = chains.all.reduce((sum, { acked, base }) => sum + acked.seq - base.seq, 0);
  const excess = Math.max(0, ackedCount - keep);
  const prunedCount = Math.min(excess, limits.pruneRowsMax);
  let budget = prunedCount;
  for (const chain of chains.all) {
    const count = Math.min(budget, chain.acked.seq - chain.base.seq);
    if (count === 0) continue;
    const seq = chain.base.seq + count;
    const base = { seq, hash: records.hashAt(chain, seq) };
    records.delete(chain, chain.base.seq + 1, seq);
    chains.put({ ...chain, base });
    budget -= count;
  }
  chains.dropSpent();
  return { prunedCount, isDone: prunedCount === excess };
}
