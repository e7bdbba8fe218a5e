/** A process of the mesh as `ps` shows it. Pure. */
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { ageText, isoTime, percentText, sizeText } from '../terminal/quantity.js';

export interface ProcessRow {
  readonly machine: string;
  readonly agent: string;
  readonly instance: string;
  /** `broker`, a part of the mesh, or an `agent`. */
  readonly kind: string;
  readonly state: string;
  /** Null while there is no process. */
  readonly pid: number | null;
  readonly restarts: number;
  readonly startedAt: string | null;
  readonly uptimeMs: number;
  /** With its children, of one processor; null before the first look, and where the system does not tell. */
  readonly cpuPercent: number | null;
  /** With its children. */
  readonly rssBytes: number;
  /** With its children; null as above. */
  readonly openFiles: number | null;
  readonly loopLagMs: number;
  readonly wave: number;
  readonly required: boolean;
  /** It runs with an older configuration than the one its node has. */
  readonly outdated: boolean;
  /** Why it is in this state; empty when that is plain. */
  readonly why: string;
  readonly lastExit: string | null;
}

export function processRowOf(row: ProcessRowBody, nowMs: number): ProcessRow {
  const lives = row.pid > 0;
  const { machine, agent, instance, kind, state, restarts, cpuPercent, rssBytes, openFiles, loopLagMs, wave } = row;
  return {
    machine,
    agent,
    instance,
    kind,
    state,
    pid: lives ? row.pid : null,
    restarts,
    startedAt: isoTime(row.startedMs),
    uptimeMs: lives && row.startedMs > 0 ? Math.max(0, Math.round(nowMs - row.startedMs)) : 0,
    cpuPercent,
    rssBytes,
    openFiles,
    loopLagMs,
    wave,
    required: row.required,
    outdated: row.outdated,
    why: row.why,
    lastExit: row.lastExit ?? null,
  };
}

export const processForm = (colors: Colors): ListForm<ProcessRow> => ({
  columns: [
    { head: 'agent', value: ({ agent }) => agent },
    { head: 'machine', value: ({ machine }) => machine },
    { head: 'state', value: (row) => `${stateText(row.state, colors)}${row.outdated ? ' (outdated)' : ''}` },
    { head: 'pid', value: ({ pid }) => String(pid ?? '-') },
    { head: 'restarts', value: ({ restarts }) => String(restarts) },
    { head: 'age', value: ({ pid, uptimeMs }) => (pid === null ? '-' : ageText(uptimeMs)) },
    { head: 'cpu', value: ({ cpuPercent }) => percentText(cpuPercent), optional: true },
    { head: 'memory', value: ({ rssBytes }) => (rssBytes > 0 ? sizeText(rssBytes) : '-'), optional: true },
    { head: 'files', value: ({ openFiles }) => String(openFiles ?? '-'), wide: true },
    { head: 'lag', value: ({ loopLagMs }) => `${Math.round(loopLagMs)}ms`, wide: true },
    { head: 'wave', value: ({ wave }) => String(wave), wide: true },
    { head: 'last exit', value: ({ lastExit }) => lastExit ?? '-', wide: true },
    { head: 'why', value: ({ why }) => why || '-', wide: true },
  ],
  name: ({ instance }) => instance,
  empty: 'nothing runs; "mesh ps -a" also shows what has stopped',
});

const DOWN: ReadonlySet<string> = new Set(['backoff', 'failed', 'quarantined', 'degraded', 'unreachable']);

/** It does not run, and is not meant to. */
export const isAtRest = (state: string): boolean => state === 'stopped' || state === 'completed';

/** Green serves, yellow is on its way, red is down. */
export function stateText(state: string, colors: Colors): string {
  if (state === 'ready' || state === 'up') return colors.green(state);
  if (DOWN.has(state)) return colors.red(state);
  return isAtRest(state) ? colors.dim(state) : colors.yellow(state);
}
