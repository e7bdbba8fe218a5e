/**
 * Stops what runs of a fleet folder whose configuration cannot be read any more: a mistake in a file must not keep
 * anybody from taking the machines down. Machines are known by their data folders, their processes by the marks that
 * they carry; on this box only. The daemons are asked by signal and take their agents down in order, as they know it.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { delay, systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { type FoundProcess, isDaemon } from '../../common/core/process-scan.js';
import { killLeftovers, leadersOf, processesOf } from './machine-processes.js';
import { terminate } from './node-process.js';

export interface BlindStop {
  readonly machine: string;
  readonly was: 'stopped';
  /** Names of processes that had to be killed. */
  readonly killed: readonly string[];
}

/** Nobody can say how long the agents may take: as long as they are taken down at all, this is waited. */
const PATIENCE_MS = 120_000;
const POLL_MS = 50;

/** Every machine of the folder that runs here; main last, so that the others hand over what they have. */
export async function stopBlindly(home: string, onStep: (text: string) => void): Promise<BlindStop[]> {
  const running = machinesIn(home).flatMap((machine) => {
    const found = processesOf(home, machine);
    return found.length === 0 ? [] : [{ machine, isMain: found.some(isCentralBroker) }];
  });
  const stop = ({ machine }: { readonly machine: string }) => stopOne(home, machine, onStep);
  const secondaries = await Promise.all(running.filter(({ isMain }) => !isMain).map(stop));
  const main = await Promise.all(running.filter(({ isMain }) => isMain).map(stop));
  return [...secondaries, ...main];
}

async function stopOne(home: string, machine: string, onStep: (text: string) => void): Promise<BlindStop> {
  onStep(`stopping ${machine}`);
  const before = processesOf(home, machine);
  const daemons = before.filter(isDaemon);
  // Without a daemon nobody else tells its agents.
  for (const pid of leadersOf(daemons.length > 0 ? daemons : before)) terminate(pid);
  const patienceMs = daemons.length > 0 ? PATIENCE_MS : limits.stopGraceMs;
  const deadlineMs = systemClock.monotonicMs() + patienceMs;
  const isWaitedFor = () => processesOf(home, machine).some((found) => daemons.length === 0 || isDaemon(found));
  while (systemClock.monotonicMs() < deadlineMs && isWaitedFor()) await delay(POLL_MS);
  const killed = await killLeftovers(() => processesOf(home, machine), []);
  onStep(`${machine} is down`);
  return { machine, was: 'stopped', killed };
}

function machinesIn(home: string): string[] {
  try {
    return readdirSync(join(home, 'data'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return []; // nothing was ever started from this folder
  }
}

/** Only main has it; it is told its part in its environment. */
function isCentralBroker({ env }: FoundProcess): boolean {
  return /"role":"main"/.test(env['MESH_BROKER'] ?? '');
}
