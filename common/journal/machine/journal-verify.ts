/** Walking every hash of a journal, a page at a time: records may be appended and pruned between two pages. */
import type { ChainPoint } from '../record.js';
import type { Damage } from './chain-run.js';
import type { Chain } from './chain-table.js';
import { pageBounds, type RecordTable } from './record-table.js';

export interface VerifyPage {
  readonly checkedCount: number;
  readonly damaged: readonly Damage[];
  /** Where the next page begins; undefined at the end. */
  readonly next?: VerifyCursor;
}

export interface VerifyCursor extends ChainPoint {
  readonly chainId: number;
}

export function verifyPage(chains: readonly Chain[], records: RecordTable, cursor?: VerifyCursor): VerifyPage {
  const chain = chains.find(({ id }) => id >= (cursor?.chainId ?? 0));
  if (chain === undefined) return { checkedCount: 0, damaged: [] };
  const isInside = cursor?.chainId === chain.id && cursor.seq >= chain.base.seq; // what was pruned meanwhile is skipped
  const run = records.readRun(chain, isInside ? cursor : chain.base, pageBounds);
  const last = run.entries.at(-1);
  const nextChain = { chainId: chain.id + 1, seq: 0, hash: null };
  const next = last === undefined ? nextChain : { chainId: chain.id, seq: last.seq, hash: last.hash };
  return { checkedCount: run.entries.length, damaged: run.damaged, next };
}
