/**
 * One machine on its way down: asks its daemon to stop, waits until the daemon is gone, and then looks for whatever still
 * carries the machine's token. What is left is ended by process group. Works without a daemon too, on its orphans.
 */
import type { MachineConfig } from '../common/config/fleet-config.js';
import { delay, systemClock } from '../common/core/clock.js';
import { toMeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import { AGENT_VARIABLE, type FoundProcess, findProcesses, processStat, tokenOf } from '../common/core/process-scan.js';
import type { FleetAccess } from './fleet-access.js';
import { killGroup, terminate } from './node-process.js';
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
  /** Its daemon's process, where the caller knows it. */
  readonly nodePid?: number;
  readonly access: FleetAccess;
  /** Aborted: no more patience, kill. */
  readonly hurry: AbortSignal;
  readonly onStep: (text: string) => void;
}

const POLL_MS = 50;

export async function stopMachine(options: StopOptions): Promise<StopOutcome> {
  const { machine, onStep, nodePid } = options;
  const local = isLocal(machine);
  const asked = await askToStop(options);
  const before = processesOf(options);
  const pid = asked?.pid ?? nodePid;
  if (asked === undefined && before.length === 0 && !lives(pid)) {
    return { machine: machine.name, was: local ? 'not running' : 'unreachable', killed: [] };
  }
  onStep(`stopping ${machine.name}`);
  if (asked === undefined && local)
    for (const leader of new Set([...leadersOf(before), ...livingOf(pid)])) terminate(leader);
  await nodeIsGone(options, pid);
  // Without a daemon nobody else waits for its agents.
  if (asked === undefined) await orphansAreGone(options);
  const killed = local ? await killLeftovers(options, pid) : [];
  onStep(`${machine.name} is down`);
  return { machine: machine.name, was: 'stopped', killed };
}

/** The daemon's process, when it has heard that it is to stop. A daemon that is known to be dead is not asked. */
async function askToStop({ machine, access, nodePid }: StopOptions): Promise<{ readonly pid: number } | undefined> {
  if (nodePid !== undefined && !lives(nodePid)) return undefined;
  try {
    const client = await access.node(machine);
    const { pid } = await client.request('node.status', {}, { timeoutMs: limits.cliConnectTimeoutMs });
    await client.request('mesh.stop', {}, { timeoutMs: limits.cliConnectTimeoutMs });
    return { pid };
  } catch (error) {
    // It broke off while it stopped: that is what was asked for.
    return toMeshError(error).code === 'CONNECTION_LOST' ? { pid: nodePid ?? 0 } : undefined;
  }
}

async function nodeIsGone(options: StopOptions, pid: number | undefined): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + stopBoundMs(options.machine);
  while (systemClock.monotonicMs() < deadlineMs && !options.hurry.aborted) {
    const gone = isLocal(options.machine)
      ? !lives(pid) && nodesIn(processesOf(options)).length === 0
      : await isSilent(options);
    if (gone) return;
    await delay(POLL_MS, options.hurry).catch(() => undefined);
  }
}

async function orphansAreGone(options: StopOptions): Promise<void> {
  const graceMs = Math.max(limits.stopGraceMs, ...options.machine.agents.map(({ stopGraceMs }) => stopGraceMs));
  const deadlineMs = systemClock.monotonicMs() + graceMs;
  while (systemClock.monotonicMs() < deadlineMs && !options.hurry.aborted && processesOf(options).length > 0) {
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

async function killLeftovers(options: StopOptions, nodePid: number | undefined): Promise<string[]> {
  const killed = new Set<string>();
  const deadlineMs = systemClock.monotonicMs() + limits.stopGraceMs;
  for (;;) {
    const left = processesOf(options);
    if (left.length === 0 && !lives(nodePid)) return [...killed];
    if (systemClock.monotonicMs() > deadlineMs) return [...killed];
    for (const found of left) killed.add(killOne(found));
    if (left.length === 0 && nodePid !== undefined && nodePid > 0) killGroup(nodePid);
    await delay(POLL_MS);
  }
}

function killOne({ pid, pgid, env }: FoundProcess): string {
  killGroup(pgid);
  return `${env[AGENT_VARIABLE] ?? 'process'} (${pid})`;
}

/** Our own group is left out: an agent may be the one who called `mesh down`. */
const processesOf = ({ home, machine }: StopOptions): FoundProcess[] =>
  isLocal(machine) ? findProcesses(tokenOf(home, machine.name)).filter(({ pgid }) => pgid !== ownGroup()) : [];

const ownGroup = (): number | undefined => processStat(process.pid)?.pgid;

/** Of each group the process that was started: it knows how to end, and what its children need. */
const leadersOf = (found: readonly FoundProcess[]): number[] =>
  found.filter(({ pid, pgid }) => pid === pgid).map(({ pid }) => pid);

const nodesIn = (found: readonly FoundProcess[]): number[] =>
  leadersOf(found.filter(({ env }) => env[AGENT_VARIABLE] === 'node'));

const livingOf = (pid: number | undefined): number[] => (pid !== undefined && lives(pid) ? [pid] : []);

/** A zombie that nobody reaps is gone for all purposes but kill(2): where /proc tells, it is asked. */
function lives(pid: number | undefined): boolean {
  if (pid === undefined || pid <= 0) return false;
  if (process.platform === 'linux') return processStat(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** All waves one after the other, each with its full grace, and the daemon's own time. */
const stopBoundMs = ({ waves, agents }: MachineConfig): number =>
  waves
    .map((names) => Math.max(0, ...agents.filter(({ name }) => names.includes(name)).map((agent) => agent.stopGraceMs)))
    .reduce((sum, ms) => sum + ms, 2 * limits.stopGraceMs + limits.closeTimeoutMs);
