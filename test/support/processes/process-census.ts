/**
 * Who lives, read from /proc by code of its own: what the tests of supervision judge by shares nothing with what it
 * judges. A process belongs to a machine of a fleet when it carries that machine's token in its environment.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Resident {
  readonly pid: number;
  /** It leads its process group: a process that a node started, and not one that such a process started. */
  readonly isLeader: boolean;
  readonly agent: string;
  /** Undefined for a node. */
  readonly epoch: number | undefined;
  readonly token: string;
}

/** Every living process that carries one of the tokens; a zombie does not live. */
export function residents(tokens: ReadonlySet<string>): Resident[] {
  return readdirSync('/proc').flatMap((name) => {
    const variables = /^\d+$/.test(name) ? variablesOf(name) : undefined;
    const token = variables?.get('MESH_TOKEN') ?? '';
    if (variables === undefined || !tokens.has(token)) return [];
    const [state, , group] = statOf(name);
    if (state === undefined || state === 'Z' || state === 'X') return [];
    const epoch = variables.get('MESH_EPOCH');
    return [
      {
        pid: Number(name),
        isLeader: group === name,
        agent: variables.get('MESH_AGENT') ?? '',
        epoch: epoch === undefined ? undefined : Number(epoch),
        token,
      },
    ];
  });
}

/** Resident memory in bytes; 0 for a process that is gone. */
export function rssOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) * 1024;
}

/** Open file descriptors; 0 for a process that is gone. */
export const openFilesOf = (pid: number): number => namesOf(`/proc/${pid}/fd`).length;

/** Those of them that are connections: a store opens further files of its own when somebody first asks for what is in it. */
export function openSocketsOf(pid: number): number {
  return namesOf(`/proc/${pid}/fd`).filter((fd) => linkOf(`/proc/${pid}/fd/${fd}`).startsWith('socket:')).length;
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Processor time that it has used so far, in milliseconds. */
export function cpuMsOf(pid: number): number {
  const [, , , , , , , , , , , user = '0', system = '0'] = statOf(String(pid));
  return (Number(user) + Number(system)) * MS_PER_TICK;
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

function variablesOf(pid: string): Map<string, string> | undefined {
  const text = read(`/proc/${pid}/environ`);
  if (!text.includes('MESH_TOKEN=')) return undefined;
  return new Map(
    text.split('\0').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** From the third field on: state, parent, group, … The second is a name that may hold anything. */
function statOf(pid: string): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
