/**
 * What `mesh top` knows of the fleet at one moment: each process, the sums of each machine and of all. A machine that
 * does not answer stays with what was last known of it and the age of that; the total counts only what answers. Pure.
 */
import type { Hour, MachineSight } from '../fleet/fleet-sight.js';
import { isAtRest, type ProcessRow } from '../rows/process-row.js';

export interface Sums {
  readonly readyCount: number;
  readonly agentCount: number;
  /** Null where no machine of the sum tells. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number;
  readonly openFiles: number | null;
  readonly restarts: number;
}

/** Sums count its agents, its broker and its node. */
export interface MachineSums extends Sums {
  readonly machine: string;
  readonly role: string;
  readonly reachable: boolean;
  readonly ageMs: number | null;
  readonly problem: string;
  readonly node: { readonly cpuPercent: number | null; readonly rssBytes: number | null };
}

export interface TopProcess extends ProcessRow {
  readonly reachable: boolean;
}

export interface TopPicture {
  readonly machines: readonly MachineSums[];
  readonly total: Sums;
  /** What runs or should; what rests is left out. */
  readonly processes: readonly TopProcess[];
  /** By instance. */
  readonly hours: ReadonlyMap<string, Hour>;
}

export function topPicture(sights: readonly MachineSight[]): TopPicture {
  const machines = sights.map(machineSums);
  return {
    machines,
    total: totalOf(machines.filter(({ reachable }) => reachable)),
    processes: sights.flatMap(({ processes, reachable }) =>
      processes.filter(({ state }) => !isAtRest(state)).map((row) => ({ ...row, reachable })),
    ),
    hours: new Map(
      sights.flatMap(({ machine, hours }) => [...hours].map(([agent, hour]) => [`${agent}@${machine}`, hour] as const)),
    ),
  };
}

function machineSums({ machine, role, reachable, ageMs, problem, processes, hours }: MachineSight): MachineSums {
  const agents = processes.filter(({ kind }) => kind === 'agent');
  const own = hours.get('node');
  const node = { cpuPercent: own?.cpuPercent.at(-1) ?? null, rssBytes: own?.rssBytes.at(-1) ?? null };
  return {
    machine,
    role,
    reachable,
    ageMs,
    problem,
    readyCount: agents.filter(({ state }) => state === 'ready').length,
    agentCount: agents.length,
    cpuPercent: sumOf([...processes.map(({ cpuPercent }) => cpuPercent), node.cpuPercent]),
    rssBytes: sumOf([...processes.map(({ rssBytes }) => rssBytes), node.rssBytes]) ?? 0,
    openFiles: sumOf(processes.map(({ openFiles }) => openFiles)),
    restarts: sumOf(processes.map(({ restarts }) => restarts)) ?? 0,
    node,
  };
}

function totalOf(machines: readonly MachineSums[]): Sums {
  return {
    readyCount: sumOf(machines.map(({ readyCount }) => readyCount)) ?? 0,
    agentCount: sumOf(machines.map(({ agentCount }) => agentCount)) ?? 0,
    cpuPercent: sumOf(machines.map(({ cpuPercent }) => cpuPercent)),
    rssBytes: sumOf(machines.map(({ rssBytes }) => rssBytes)) ?? 0,
    openFiles: sumOf(machines.map(({ openFiles }) => openFiles)),
    restarts: sumOf(machines.map(({ restarts }) => restarts)) ?? 0,
  };
}

/** Of what is known; null when nothing is. To a tenth, which is what the figures are good for. */
function sumOf(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  if (known.length === 0) return null;
  return Math.round(known.reduce((sum, figure) => sum + figure, 0) * 10) / 10;
}
