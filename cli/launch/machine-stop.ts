/**
 * One machine on its way down: asks its daemon to stop, waits until it and its keeper are gone, and then looks for
 * whatever still carries the machine's token. What is left is ended by process group, the keeper first: it would start
 * the daemon again. Works without a daemon too, on its orphans.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay, systemClock } from '../../common/core/clock.js';
import { toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { type FoundProcess, isDaemon } from '../../common/core/process-scan.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import { isKeeper, isLeadingDaemon, killLeftovers, leadersOf, lives, processesOf } from './machine-processes.js';
import { terminate } from './node-process.js';
import { isLocal } from './start-plan.js';

export interface StopOutcome {
  readonly machine: string;
  readonly was: 'stopped' | 'not running' | 'unreachable';
  /** Names of processes that had to be killed. */
  readonly killed: readonly string[];
}

export interface StopOptions {
  readonly home: string;
  readonly machine: MachineConfig;
  /** Where the caller knows it: the only way to it on systems that cannot be searched. */
  readonly keeperPid?: number;
  readonly access: FleetAccess;
  /** Aborted: no more patience, kill. */
  readonly hurry: AbortSignal;
  readonly onStep: (text: string) => void;
}

const POLL_MS = 50;

export async function stopMachine(options: StopOptions): Promise<StopOutcome> {
  const { machine, onStep, keeperPid } = options;
  const local = isLocal(machine);
  const asked = await askToStop(options);
  const before = processesHere(options);
  const pids = [keeperPid ?? 0, asked?.pid ?? 0].filter((pid) => pid > 0);
  if (asked === undefined && before.length === 0 && !pids.some(lives)) {
    return { machine: machine.name, was: local ? 'not running' : 'unreachable', killed: [] };
  }
  onStep(`stopping ${machine.name}`);
  if (local) {
    // A keeper is told in any case: should its node be killed while it stops, it is not to start another. A node that
    // hears no question (its port was changed) hears the signal: it takes its agents down in order, and as what they are.
    const daemons = before.filter(asked === undefined ? isDaemon : isKeeper);
    const told = leadersOf(asked === undefined && daemons.length === 0 ? before : daemons);
    for (const pid of new Set([...told, ...(asked === undefined ? pids : [])])) terminate(pid);
  }
  await daemonsAreGone(options, pids);
  // Without a daemon nobody else ends its agents and waits for them.
  if (asked === undefined) await orphansAreGone(options);
  const killed = local ? await killLeftovers(() => processesHere(options), pids) : [];
  onStep(`${machine.name} is down`);
  return { machine: machine.name, was: 'stopped', killed };
}

/** The daemon's process, when it has heard that it is to stop. Where it and its keeper are known to be dead, nobody is asked. */
async function askToStop(options: StopOptions): Promise<{ readonly pid: number } | undefined> {
  const { machine, access, keeperPid } = options;
  if (keeperPid !== undefined && !lives(keeperPid) && !processesHere(options).some(isDaemon)) return undefined;
  try {
    const client = await access.node(machine);
    const { pid } = await client.request('node.status', {}, { timeoutMs: limits.cliConnectTimeoutMs });
    await client.request('mesh.stop', {}, { timeoutMs: limits.cliConnectTimeoutMs });
    return { pid };
  } catch (error) {
    // It broke off while it stopped: that is what was asked for.
    return toMeshError(error).code === 'CONNECTION_LOST' ? { pid: 0 } : undefined;
  }
}

async function daemonsAreGone(options: StopOptions, pids: readonly number[]): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + stopBoundMs(options.machine);
  while (systemClock.monotonicMs() < deadlineMs && !options.hurry.aborted) {
    const gone = isLocal(options.machine)
      ? !pids.some(lives) && !processesHere(options).some(isLeadingDaemon)
      : await isSilent(options);
    if (gone) return;
    await delay(POLL_MS, options.hurry).catch(() => undefined);
  }
}

async function orphansAreGone(options: StopOptions): Promise<void> {
  const graceMs = Math.max(limits.stopGraceMs, ...options.machine.agents.map(({ stopGraceMs }) => stopGraceMs));
  const deadlineMs = systemClock.monotonicMs() + graceMs;
  const orphans = () => processesHere(options).filter((found) => !isDaemon(found));
  for (const pid of leadersOf(orphans())) terminate(pid);
  while (systemClock.monotonicMs() < deadlineMs && !options.hurry.aborted && orphans().length > 0) {
    await delay(POLL_MS, options.hurry).catch(() => undefined);
  }
}

/** A daemon of another box is gone when nothing there answers: its processes cannot be seen from here. */
async function isSilent({ machine, access }: StopOptions): Promise<boolean> {
  try {
    await (await access.node(machine)).request('mesh.ping', {}, { timeoutMs: limits.cliConnectTimeoutMs });
    return false;
  } catch {
    return true;
  }
}

const processesHere = ({ home, machine }: StopOptions): FoundProcess[] =>
  isLocal(machine) ? processesOf(home, machine.name) : [];

/** All waves one after the other, each with its full grace, and the daemon's own time. */
export const stopBoundMs = ({ waves, agents }: MachineConfig): number =>
  waves
    .map((names) => Math.max(0, ...agents.filter(({ name }) => names.includes(name)).map((agent) => agent.stopGraceMs)))
    .reduce((sum, ms) => sum + ms, 2 * limits.stopGraceMs + limits.closeTimeoutMs);
