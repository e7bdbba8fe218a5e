/** What runs of one machine on this box, by the marks that its processes carry, and how what is left of it is ended. */
import { delay, systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import {
  AGENT_VARIABLE,
  type FoundProcess,
  findProcesses,
  isDaemon,
  processStat,
  tokenOf,
} from '../../common/core/process-scan.js';
import { killGroup } from './node-process.js';

const POLL_MS = 50;

/** Our own group is left out: an agent may be the one who called `mesh down`. */
export const processesOf = (home: string, machine: string): FoundProcess[] =>
  findProcesses(tokenOf(home, machine)).filter(({ pgid }) => pgid !== ownGroup());

const ownGroup = (): number | undefined => processStat(process.pid)?.pgid;

/** Of each group the process that was started: it knows how to end, and what its children need. */
export const leadersOf = (found: readonly FoundProcess[]): number[] =>
  found.filter(({ pid, pgid }) => pid === pgid).map(({ pid }) => pid);

export const isKeeper = ({ env }: FoundProcess): boolean => env[AGENT_VARIABLE] === 'keeper';

export const isLeadingDaemon = (found: FoundProcess): boolean => isDaemon(found) && found.pid === found.pgid;

/** A zombie that nobody reaps is gone for all purposes but kill(2): where /proc tells, it is asked. */
export function lives(pid: number): boolean {
  if (pid <= 0) return false;
  if (process.platform === 'linux') return processStat(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Kills by group, the keeper first because it would start the daemon again, until nothing is left or it takes too long.
 * @param pids known to the caller: the only way to them on systems that cannot be searched
 * @returns the names of those that had to be killed
 */
export async function killLeftovers(find: () => FoundProcess[], pids: readonly number[]): Promise<string[]> {
  const killed = new Set<string>();
  const deadlineMs = systemClock.monotonicMs() + limits.stopGraceMs;
  for (;;) {
    const left = find().sort((a, b) => Number(isKeeper(b)) - Number(isKeeper(a)));
    if (left.length === 0 && !pids.some(lives)) return [...killed];
    if (systemClock.monotonicMs() > deadlineMs) return [...killed];
    for (const found of left) killed.add(killOne(found));
    if (left.length === 0) for (const pid of pids.filter(lives)) killGroup(pid);
    await delay(POLL_MS);
  }
}

function killOne({ pid, pgid, env }: FoundProcess): string {
  killGroup(pgid);
  return `${env[AGENT_VARIABLE] ?? 'process'} (${pid})`;
}
