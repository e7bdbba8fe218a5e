/** A process of the mesh as `ps` shows it. Pure. */
import type { ProcessRowBody } from '../common/protocol/catalogue.js';
import type { Colors, ListForm } from './output.js';
import { ageText, isoTime, sizeText } from './quantity.js';

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
  /** Null where the system does not tell. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number;
  readonly loopLagMs: number;
  readonly wave: number;
  readonly lastExit: string | null;
}

export function processRowOf(row: ProcessRowBody, nowMs: number): ProcessRow {
  const lives = row.pid > 0;
  const { machine, agent, instance, kind, state, restarts, rssBytes, loopLagMs, wave } = row;
  const cpuPercent = 'cpuPercent' in row && typeof row.cpuPercent === 'number' ? row.cpuPercent : null;
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
    loopLagMs,
    wave,
    lastExit: row.lastExit ?? null,
  };
}

export const processForm = (colors: Colors): ListForm<ProcessRow> => ({
  columns: [
    { head: 'agent', value: ({ agent }) => agent },
    { head: 'machine', value: ({ machine }) => machine },
    { head: 'state', value: ({ state }) => stateText(state, colors) },
    { head: 'pid', value: ({ pid }) => String(pid ?? '-') },
    { head: 'restarts', value: ({ restarts }) => String(restarts) },
    { head: 'age', value: ({ pid, uptimeMs }) => (pid === null ? '-' : ageText(uptimeMs)) },
    { head: 'memory', value: ({ rssBytes }) => (rssBytes > 0 ? sizeText(rssBytes) : '-'), optional: true },
    { head: 'cpu', value: ({ cpuPercent }) => (cpuPercent === null ? '-' : `${cpuPercent.toFixed(0)}%`), wide: true },
    { head: 'lag', value: ({ loopLagMs }) => `${Math.round(loopLagMs)}ms`, wide: true },
    { head: 'wave', value: ({ wave }) => String(wave), wide: true },
    { head: 'last exit', value: ({ lastExit }) => lastExit ?? '-', wide: true },
  ],
  name: ({ instance }) => instance,
  empty: 'nothing runs; "mesh ps -a" also shows what has stopped',
});

/** Green serves, yellow is on its way, red is down. */
export function stateText(state: string, colors: Colors): string {
  if (state === 'ready' || state === 'up') return colors.green(state);
  if (state === 'backoff' || state === 'degraded' || state === 'unreachable') return colors.red(state);
  return state === 'stopped' ? colors.dim(state) : colors.yellow(state);
}
