/**
 * One row, measured. Against a peer both sides are open at once, warmed up, and take turns (ours, peer, ours, peer …), so that whatever
 * else the machine does meets both. The ratio is taken pair by pair and its median is what counts: figures of different
 * moments are never divided by each other.
 */
import { median } from './median.js';
import type { BoundResult, BoundRow, RatioResult, RatioRow, Row, RowResult, Side } from './row.js';

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

/** @param interrupted rejects when the bench is to end; then all that is open is closed first. */
export async function measureRow(
  row: Row,
  effort: Effort,
  tell: (progress: string) => void,
  interrupted: Promise<never>,
): Promise<RowResult> {
  const sides: Side[] = [];
  const open = async (opening: () => Promise<Side>) => {
    const side = await opening();
    sides.push(side);
    return (ms: number) => Promise.race([side.measure(ms), interrupted]);
  };
  try {
    tell(`${row.name}: starting`);
    const ours = await open(() => row.openOurs());
    if (row.kind === 'bound') return await measureFigure(row, effort, tell, ours);
    return await measureRatio(row, effort, tell, ours, await open(() => row.openPeer()));
  } finally {
    for (const side of sides) await side.close();
  }
}

type Measure = (ms: number) => Promise<number>;

async function measureRatio(
  row: RatioRow,
  effort: Effort,
  tell: (progress: string) => void,
  ours: Measure,
  peer: Measure,
): Promise<RatioResult> {
  for (const measure of [ours, peer]) await measure(effort.warmUpMs);
  const pairs: Pair[] = [];
  for (let run = 1; run <= effort.runs; run++) {
    const pair = { ours: await ours(effort.runMs), peer: await peer(effort.runMs) };
    pairs.push(pair);
    tell(`${row.name}: run ${run} of ${effort.runs}: ${shown(pair.ours)} against ${shown(pair.peer)} ${row.unit}`);
  }
  return resultOf(row, pairs);
}

async function measureFigure(
  row: BoundRow,
  effort: Effort,
  tell: (progress: string) => void,
  ours: Measure,
): Promise<BoundResult> {
  await ours(effort.warmUpMs);
  const figures: number[] = [];
  for (let run = 1; run <= effort.runs; run++) {
    const figure = await ours(effort.runMs);
    figures.push(figure);
    tell(`${row.name}: run ${run} of ${effort.runs}: ${shown(figure)} ${row.unit}, at most ${row.bound}`);
  }
  return figureOf(row, figures);
}

export function resultOf(row: Omit<RatioRow, 'openOurs' | 'openPeer'>, pairs: readonly Pair[]): RatioResult {
  const ratio = median(pairs.map(({ ours, peer }) => (row.better === 'more' ? ours / peer : peer / ours)));
  return {
    row: row.name,
    kind: row.kind,
    unit: row.unit,
    ours: rounded(median(pairs.map(({ ours }) => ours))),
    peer: rounded(median(pairs.map(({ peer }) => peer))),
    peerName: row.peerName,
    ratio: Number(ratio.toFixed(2)),
    goal: row.goal,
    holds: ratio >= row.goal,
  };
}

export function figureOf(row: Omit<BoundRow, 'openOurs'>, figures: readonly number[]): BoundResult {
  const figure = median(figures);
  return {
    row: row.name,
    kind: row.kind,
    unit: row.unit,
    figure: rounded(figure),
    bound: row.bound,
    holds: figure <= row.bound,
  };
}

/** More digits than a bench can know are noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
const shown = (value: number): string => rounded(value).toLocaleString('en');
