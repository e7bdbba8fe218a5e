/** The command line of the bench, read and checked before anything starts. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MeshError, messageOf } from '../common/core/errors.js';
import { nearest } from '../common/core/nearest.js';
import type { Effort } from './measure/measure-row.js';

export interface BenchArguments {
  readonly json: boolean;
  readonly help: boolean;
  /** Names of rows, in the order of the table. */
  readonly rows: readonly string[];
  readonly effort: Effort;
  /** Folder for the CPU profiles of all processes. */
  readonly profile: string | undefined;
}

const FULL = { size: 'whole', runMs: 2_000, warmUpMs: 2_000 } as const;
/** Shows that a row works, and nothing about speed. */
const QUICK = { size: 'quick', runMs: 50, warmUpMs: 20 } as const;
const RUNS_MAX = 1_000;

export const USAGE = `usage: npm run bench -- [--json] [--only ROW]... [--runs N] [--quick] [--profile FOLDER]

  --json            an array of results instead of the table: {row, kind: 'ratio', unit, ours, peer, peerName, ratio,
                    goal, holds} for each peer of a row, {row, kind: 'bound', unit, figure, bound, better, holds} where there is
                    none, {row, kind: 'skipped', peerName, goal, missing, install} for a peer that is not installed
  --only ROW        this row; may be given again
  --runs N          runs of each side, of which the median counts (5)
  --quick           runs of milliseconds: shows that a row works, and nothing about speed
  --profile FOLDER  a CPU profile of every process; the figures are those of profiled processes
`;

/** @throws USAGE; for a row that does not exist it names those that do */
export function readArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { json, help, quick, only, runs, profile } = parse(args);
  for (const row of only) if (!known.includes(row)) throw unknownRow(row, known);
  return {
    json,
    help,
    rows: only.length === 0 ? known : known.filter((row) => only.includes(row)),
    profile: profile === undefined ? undefined : resolve(profile),
    effort: { ...(quick ? QUICK : FULL), runs: runCount(runs) },
  };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    json: flag,
    help: flag,
    quick: flag,
    only: { type: 'string', multiple: true, default: [] as string[] },
    runs: { type: 'string', default: '5' },
    profile: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new MeshError('USAGE', messageOf(error), { hint: USAGE });
  }
}

function runCount(text: string): number {
  const runs = Number(text);
  if (Number.isInteger(runs) && runs >= 1 && runs <= RUNS_MAX) return runs;
  throw new MeshError('USAGE', `--runs takes a whole number from 1 to ${RUNS_MAX}, not "${text}"`);
}

function unknownRow(row: string, known: readonly string[]): MeshError {
  const near = nearest(row, known);
  const suggestion = near === undefined ? '' : `did you mean ${near}? `;
  return new MeshError('USAGE', `there is no row "${row}"`, { hint: `${suggestion}the rows are: ${known.join(', ')}` });
}
