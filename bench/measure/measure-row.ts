/**
 * One row, measured. All its sides are open at once, warmed up, and take turns (ours, first peer, second peer, ours …), so
 * that whatever else the machine does meets them all. The ratio is taken turn by turn and its median is what counts:
 * figures of different moments are never divided by each other.
 */
import { median } from './median.js';
import type {
  BoundResult,
  BoundRow,
  Peer,
  RatioResult,
  RatioRow,
  Row,
  RowResult,
  Side,
  Size,
  SkippedResult,
} from './row.js';

export interface Effort {
  readonly size: Size;
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

/** Over that many milliseconds. */
type Measure = (ms: number) => Promise<number>;
type Open = (opening: () => Promise<Side>) => Promise<Measure>;
type Tell = (progress: string) => void;

/**
 * @param interrupted rejects when the bench is to end; then all that is open is closed first.
 * @returns one result for each peer, in their order, or one for the bound
 */
export async function measureRow(
  row: Row,
  effort: Effort,
  tell: Tell,
  interrupted: Promise<never>,
): Promise<RowResult[]> {
  const sides: Side[] = [];
  const open: Open = async (opening) => {
    const side = await opening();
    sides.push(side);
    return (ms) => Promise.race([side.measure(ms), interrupted]);
  };
  try {
    tell(`${row.name}: starting`);
    if (row.kind === 'bound')
      return [await measureFigure(row, effort, tell, await open(() => row.openOurs(effort.size)))];
    return await measureRatios(row, effort, tell, open);
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
}

async function measureRatios(row: RatioRow, effort: Effort, tell: Tell, open: Open): Promise<RowResult[]> {
  const skipped = new Map(row.peers.map((peer) => [peer, skippedOf(row, peer)]));
  for (const result of skipped.values()) if (result !== undefined) tell(skippedLine(result));
  const present = row.peers.filter((peer) => skipped.get(peer) === undefined);
  const pairs = present.length === 0 ? new Map<Peer, Pair[]>() : await takeTurns(row, present, effort, tell, open);
  return row.peers.map((peer) => skipped.get(peer) ?? resultOf(row, peer, pairs.get(peer) ?? []));
}

async function takeTurns(
  row: RatioRow,
  peers: readonly Peer[],
  { size, runs, runMs, warmUpMs }: Effort,
  tell: Tell,
  open: Open,
): Promise<Map<Peer, Pair[]>> {
  // Side by side: most of that time each waits for the others' processes to start anyway.
  const opening = [() => row.openOurs(size), ...peers.map((peer) => () => peer.open(size))].map(open);
  // What opened is known, and closed in the end, when another one failed.
  await Promise.allSettled(opening);
  const sides = (await Promise.all(opening)).map((measure) => ({ measure, figures: [] as number[] }));
  for (const { measure } of sides) await measure(warmUpMs);
  for (let run = 1; run <= runs; run++) {
    for (const { measure, figures } of sides) figures.push(await measure(runMs));
    const [ours, ...theirs] = sides.map(({ figures }) => shown(figures.at(-1) ?? Number.NaN));
    tell(`${row.name}: run ${run} of ${runs}: ${ours} against ${theirs.join(' and ')} ${row.unit}`);
  }
  const [ours = [], ...theirs] = sides.map(({ figures }) => figures);
  return new Map(peers.map((peer, i) => [peer, pairsOf(ours, theirs[i] ?? [])]));
}

const pairsOf = (ours: readonly number[], theirs: readonly number[]): Pair[] =>
  ours.map((figure, run) => ({ ours: figure, peer: theirs[run] ?? Number.NaN }));

async function measureFigure(row: BoundRow, effort: Effort, tell: Tell, ours: Measure): Promise<BoundResult> {
  await ours(effort.warmUpMs);
  const figures: number[] = [];
  for (let run = 1; run <= effort.runs; run++) {
    const figure = await ours(effort.runMs);
    figures.push(figure);
    tell(
      `${row.name}: run ${run} of ${effort.runs}: ${shown(figure)} ${row.unit}, at ${row.better === 'more' ? 'least' : 'most'} ${row.bound}`,
    );
  }
  return figureOf(row, figures);
}

export function resultOf(
  row: Pick<RatioRow, 'name' | 'unit' | 'better'>,
  peer: Pick<Peer, 'name' | 'goal'>,
  pairs: readonly Pair[],
): RatioResult {
  const ratio = median(pairs.map((pair) => (row.better === 'more' ? pair.ours / pair.peer : pair.peer / pair.ours)));
  return {
    row: row.name,
    kind: 'ratio',
    unit: row.unit,
    ours: rounded(median(pairs.map((pair) => pair.ours))),
    peer: rounded(median(pairs.map((pair) => pair.peer))),
    peerName: peer.name,
    ratio: Number(ratio.toFixed(2)),
    goal: peer.goal,
    holds: ratio >= peer.goal,
  };
}

export function figureOf(row: Omit<BoundRow, 'openOurs'>, figures: readonly number[]): BoundResult {
  const figure = median(figures);
  const { better = 'less', bound } = row;
  return {
    row: row.name,
    kind: row.kind,
    unit: row.unit,
    figure: rounded(figure),
    bound,
    better,
    holds: better === 'more' ? figure >= bound : figure <= bound,
  };
}

/** @returns nothing when all that the peer needs is there */
export function skippedOf(row: Pick<RatioRow, 'name'>, { name, goal, needs = [] }: Peer): SkippedResult | undefined {
  const missing = needs.filter(({ version }) => version() === undefined);
  if (missing.length === 0) return undefined;
  return {
    row: row.name,
    kind: 'skipped',
    peerName: name,
    goal,
    missing: missing.map((need) => need.name),
    install: missing.map((need) => need.install),
  };
}

/** What was left out, and what to do about it. */
export const skippedLine = ({ row, peerName, missing, install }: SkippedResult): string =>
  `${row}: SKIPPED against ${peerName}: ${missing.join(' and ')} missing; install with: ${install.join(' && ')}`;

/** More digits than a bench can know are noise. */
const rounded = (value: number): number => Number(value.toPrecision(4));
const shown = (value: number): string => rounded(value).toLocaleString('en');
