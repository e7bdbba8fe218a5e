/**
 * Which processes belong to a machine of a fleet, found without any table: everything the mesh starts carries a token in
 * its environment, and so does whatever its agents start. A table can be lost or lie; /proc cannot. Read-only. On systems
 * without /proc, and for processes of other users, it finds nothing: then the caller has only its own knowledge.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';

/** Whose process it is: `tokenOf(home, machine)`. */
export const TOKEN_VARIABLE = 'MESH_TOKEN';
/** `node`, `keeper`, `broker`, or the name of an agent. */
export const AGENT_VARIABLE = 'MESH_AGENT';
/** The pid of the keeper that started a node; absent where nobody of ours keeps it. */
export const KEEPER_VARIABLE = 'MESH_KEEPER';
/** The incarnation. */
export const EPOCH_VARIABLE = 'MESH_EPOCH';
/** The hook that a process was started for. It bears its agent's marks and is not the agent. */
export const HOOK_VARIABLE = 'MESH_HOOK';
/** The same for a probe. */
export const PROBE_VARIABLE = 'MESH_PROBE';

/** Started beside an agent, for one purpose, by its node: never the agent itself nor a child of it. */
export const isErrand = (env: Readonly<Record<string, string>>): boolean =>
  env[HOOK_VARIABLE] !== undefined || env[PROBE_VARIABLE] !== undefined;

export interface FoundProcess {
  readonly pid: number;
  /** Equal to `pid` for the process that was started; different for its children that stayed in its group. */
  readonly pgid: number;
  /** When it started, in clock ticks since the boot: with the pid, the name of a process that is never used twice. */
  readonly startTicks: number;
  /** Its variables that begin with MESH_. */
  readonly env: Readonly<Record<string, string>>;
}

/** The mark of one machine of one fleet folder: the same from every path that leads to the folder. */
export function tokenOf(home: string, machine: string): string {
  return createHash('sha256')
    .update(`${realPathOf(home)}\0${machine}`)
    .digest('hex')
    .slice(0, 16);
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // a folder that does not exist has no processes either
  }
}

/** Every living process whose environment holds `token`, by pid; never the asking process itself. */
export function findProcesses(token: string): FoundProcess[] {
  return processIds()
    .filter((pid) => pid !== process.pid)
    .flatMap((pid) => {
      const env = meshVariablesOf(pid);
      if (env?.[TOKEN_VARIABLE] !== token) return [];
      const stat = processStat(pid);
      return stat === undefined ? [] : [{ pid, ...stat, env }];
    });
}

/** The daemon of the machine, and the process that starts it again: what supervises, and is not itself supervised. */
export const isDaemon = ({ env }: FoundProcess): boolean => DAEMONS.includes(env[AGENT_VARIABLE] ?? '');

const DAEMONS: readonly string[] = ['node', 'keeper'];

/**
 * Names the boot of this machine: with it, a pid and its start name one process for ever. Empty where the system does not
 * tell; then nothing is proved by a start time.
 */
export function bootId(): string {
  return readProc('sys/kernel/random/boot_id')?.trim() ?? '';
}

/** How long a process with this start has lived; undefined where the system does not tell. */
export function ageMsOf(startTicks: number): number | undefined {
  const uptimeS = Number(readProc('uptime')?.split(' ')[0]);
  return Number.isFinite(uptimeS) ? Math.max(0, uptimeS * 1_000 - startTicks * TICK_MS) : undefined;
}

/** The kernel counts in hundredths of a second for whoever reads /proc, on every system that Node runs on. */
const TICK_MS = 10;

export interface ProcessStat {
  readonly pgid: number;
  readonly startTicks: number;
}

/** Group and start time of a living process; undefined when it is gone (a zombie counts as gone) or not to be seen. */
export function processStat(pid: number): ProcessStat | undefined {
  const field = statFieldsOf(pid);
  return field === undefined ? undefined : { pgid: field(2), startTicks: field(19) };
}

export interface ProcessLoad {
  readonly parentPid: number;
  readonly pgid: number;
  readonly sessionId: number;
  /** Processor time of its own, and of the children that it has waited for. */
  readonly cpuTicks: number;
  readonly rssPages: number;
}

/** What a process uses, and whose child it is; undefined as above. */
export function processLoad(pid: number): ProcessLoad | undefined {
  const field = statFieldsOf(pid);
  if (field === undefined) return undefined;
  const cpuTicks = field(11) + field(12) + field(13) + field(14);
  return { parentPid: field(1), pgid: field(2), sessionId: field(3), cpuTicks, rssPages: field(21) };
}

/** The numbers of a living process's stat file, counted from its state at 0. */
function statFieldsOf(pid: number): ((index: number) => number) | undefined {
  const text = readProc(`${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the command in parentheses and may hold spaces and parentheses itself; the rest is numbers.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X' || fields.length < STAT_FIELDS_MIN) return undefined;
  return (index) => Number(fields[index]);
}

/** Up to the resident pages: fewer are no stat file. */
const STAT_FIELDS_MIN = 22;

/** Of all processes, in ascending order; none where there is no /proc. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** What a living process was told by its node; undefined when it carries no token, or is not to be seen. */
export function meshVariablesOf(pid: number): Record<string, string> | undefined {
  const text = readProc(`${pid}/environ`);
  if (text === undefined || !text.includes(`${TOKEN_VARIABLE}=`)) return undefined;
  const pairs = text.split('\0').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    return pair.startsWith('MESH_') && at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
  });
  return Object.fromEntries(pairs);
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return undefined; // it ended meanwhile, or belongs to somebody else
  }
}
