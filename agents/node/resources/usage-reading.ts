/**
 * What supervised processes use at this moment, from one pass over /proc: of each leader, the sum over itself and all that
 * descends from it. A process belongs to the leader whose session or group it is in, else to that of its parent; so
 * shells, workers and their children count, and one agent's part never counts for another. What has left its session and
 * lost its parents counts for nobody.
 *
 * Own reading, because a library that looks up one pid after the other knows neither groups nor open files. Read-only;
 * where there is no /proc it answers nothing, and a figure that cannot be read is null: never a wrong one.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type ProcessLoad, processIds, processLoad } from '../../../common/core/process-scan.js';

/** Of one leader with its descendants. */
export interface GroupUsage {
  /** Processor time so far, in units that only `KernelUnits` knows; shrinks when a child ends that nobody waited for. */
  readonly cpuTicks: number;
  /** Memory that several of them share counts for each. */
  readonly rssBytes: number;
  readonly openFiles: number | null;
  /** Itself first. */
  readonly pids: readonly number[];
}

/** Of each leader that lives; nothing where the system does not tell. */
export function readUsage(leaders: ReadonlySet<number>, { pageBytes }: KernelUnits): Map<number, GroupUsage> {
  const loads = new Map<number, ProcessLoad>();
  for (const pid of processIds()) {
    const load = processLoad(pid);
    if (load !== undefined) loads.set(pid, load);
  }
  const members = membersOf(leaders, loads);
  return new Map(
    [...members].map(([leader, pids]) => [
      leader,
      {
        cpuTicks: sum(pids, (pid) => loads.get(pid)?.cpuTicks ?? 0),
        rssBytes: sum(pids, (pid) => loads.get(pid)?.rssPages ?? 0) * pageBytes,
        openFiles: openFilesOf(pids),
        pids,
      },
    ]),
  );
}

/** Whom each process belongs to: every leader that lives, with its processes, itself first. Pure. */
export function membersOf(
  leaders: ReadonlySet<number>,
  loads: ReadonlyMap<number, Pick<ProcessLoad, 'parentPid' | 'pgid' | 'sessionId'>>,
): Map<number, number[]> {
  const owners = new Map<number, number | undefined>();
  const ownerOf = (pid: number): number | undefined => {
    if (leaders.has(pid)) return pid;
    if (owners.has(pid)) return owners.get(pid);
    const load = loads.get(pid);
    // Before the parent is asked, so that two lines read at different moments cannot send us round in a circle.
    owners.set(pid, undefined);
    if (load === undefined) return undefined;
    const { sessionId, pgid, parentPid } = load;
    const owner = [sessionId, pgid].find((id) => leaders.has(id)) ?? ownerOf(parentPid);
    owners.set(pid, owner);
    return owner;
  };
  const members = new Map([...leaders].filter((pid) => loads.has(pid)).map((pid) => [pid, [pid]]));
  for (const pid of loads.keys()) {
    if (!leaders.has(pid)) members.get(ownerOf(pid) ?? 0)?.push(pid);
  }
  return members;
}

/**
 * Memory without counting twice what processes share: the kernel walks their pages for it, so it is asked only before
 * somebody is judged by it. Undefined where it does not tell.
 */
export function provenMemoryBytes(pids: readonly number[]): number | undefined {
  try {
    const bytes = sum(pids, (pid) => {
      const [, kib] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
      return Number(kib) * 1_024;
    });
    return Number.isFinite(bytes) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Null when one of them belongs to somebody else, or has just ended. */
function openFilesOf(pids: readonly number[]): number | null {
  try {
    return sum(pids, (pid) => {
      const folder = `/proc/${pid}/fd`;
      // Newer kernels tell the count as the size of the folder; older ones say 0, and it has to be listed.
      return statSync(folder).size || readdirSync(folder).length;
    });
  } catch {
    return null;
  }
}

/** In which units this kernel counts. */
export interface KernelUnits {
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

/** As the kernel told this process at its start; undefined where there is no /proc. */
export function kernelUnits(file = '/proc/self/auxv'): KernelUnits | undefined {
  try {
    const bytes = readFileSync(file);
    const words = new Map<number, number>();
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      words.set(Number(bytes.readBigUInt64LE(at)), Number(bytes.readBigUInt64LE(at + 8)));
    }
    const units = { ticksPerSecond: words.get(AT_CLKTCK) ?? 0, pageBytes: words.get(AT_PAGESZ) ?? 0 };
    return units.ticksPerSecond > 0 && units.pageBytes > 0 ? units : undefined;
  } catch {
    return undefined;
  }
}

/** The auxiliary vector is a list of (key, value); on a machine that writes it otherwise neither key is found. */
const AT_PAGESZ = 6;
const AT_CLKTCK = 17;

function sum(pids: readonly number[], figureOf: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + figureOf(pid), 0);
}
