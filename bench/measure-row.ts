/**
 * One row, measured: both sides are open at once, warmed up, and take turns (ours, peer, ours, peer …), so that whatever
 * else the machine does meets both. The ratio is taken pair by pair and its median is what counts: figures of different
 * moments are never divided by each other.
 */
import { median } from './median.js';
import type { Row, RowResult, Side } from './row.js';

export interface Effort {
  readonly runs: number;
  /** Of one run of one side. */
  readonly runMs: number;
  /** Excluded: connections are made and code is compiled meanwhile. */
  readonly warmUpMs: number;
}

interface Pair {
  readonly ours: number;
  readonly peer: number;
}

/** @param interrupted rejects when the bench is to end; then both sides are closed first. */
export async function measureRow(
  row: Row,
  effort: Effort,
  tell: (progress: string) => void,
  interrupted: Promise<never>,
): Promise<RowResult> {
  const sides: Side[] = [];
  const measure = (side: Side, ms: number) => Promise.race([side.measure(ms), interrupted]);
  try {
    tell(`${row.name}: starting both sides`);
    const ours = await row.openOurs();
    sides.push(ours);
    const peer = await row.openPeer();
    sides.push(peer);
    for (const side of sides) await measure(side, effort.warmUpMs);
    const pairs: Pair[] = [];
    for (let run = 1; run <= effort.runs; run++) {
      const pair = { ours: await measure(ours, effort.runMs), peer: await measure(peer, effort.runMs) };
      pairs.push(pair);
      tell(`${row.name}: run ${run} of ${effort.runs}: ${shown(pair.ours)} against ${shown(pair.peer)} ${row.unit}`);
    }
    return resultOf(row, pairs);
  } finally {
    for (const side of sides) await side.close();
  }
}

export function resultOf(row: Omit<Row, 'openOurs' | 'openPeer'>, pairs: readonly Pair[]): RowResult {
  const ratio = median(pairs.map(({ ours, peer }) => (row.better === 'more' ? ours / peer : peer / ours)));
  return {
    row: row.name,
    unit: row.unit,
    ours: rounded(median(pairs.map(({ ours }) => ours))),
    peer: rounded(median(pairs.map(({ peer }) => peer))),
    peerName: row.peerName,
    ratio: Number(ratio.toFixed(2)),
    goal: row.goal,
    holds: ratio >= row.goal,
  };
}

/** More digits than a bench can know are noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
const shown = (value: number): string => rounded(value).toLocaleString('en');
