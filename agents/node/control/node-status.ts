/** How a node fares: how far its start is, its links, and in one sentence each what is wrong. Pure. */
import type { MachineConfig } from '../../../common/config/fleet-config.js';
import type { Output } from '../../../common/protocol/catalogue.js';
import { instanceOf } from '../../../common/protocol/name.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import type { Supervisor } from '../supervision/supervisor.js';
import type { LinkTable } from './link-table.js';

/** starting: not every process has been ready yet · running · stopping: it takes its machine down. */
export type Phase = 'starting' | 'running' | 'stopping';

export interface NodeStatusOptions {
  readonly machine: MachineConfig;
  readonly epoch: number;
  readonly startedMs: number;
  readonly phase: Phase;
  readonly supervisor: Supervisor;
  readonly links: LinkTable;
  /** What every start must say. */
  readonly warnings: readonly string[];
  /** Why the journal works only in part; empty when all is well. */
  readonly degraded: string;
  /** Why records do not reach main although the link is up; empty while they do. */
  readonly undelivered: string;
  /** Why logs are not kept within their bounds; empty when they are. */
  readonly logTrouble: string;
  /** Why there is no new backup; empty when there is one. */
  readonly backupTrouble: string;
  /** Why the files on disk are not what runs; empty when they are. */
  readonly reloadTrouble: string;
}

export function nodeStatus(options: NodeStatusOptions): Output<'node.status'> {
  const { machine, epoch, startedMs, phase, supervisor, links, warnings } = options;
  const problems = problemsOf(options);
  const running = problems.length === 0 && supervisor.allReady ? 'ready' : 'degraded';
  return {
    machine: machine.name,
    role: machine.role,
    epoch,
    pid: process.pid,
    startedMs,
    phase: phase === 'running' ? running : phase,
    readyCount: supervisor.readyCount,
    agentCount: supervisor.agents.length,
    links: links.rows,
    problems,
    warnings: [...warnings],
  };
}

const AILING: readonly AgentState[] = ['backoff', 'busy', 'failed', 'quarantined'];

function problemsOf(options: NodeStatusOptions): string[] {
  const { machine, supervisor, links, degraded, undelivered, logTrouble, backupTrouble, reloadTrouble } = options;
  const ailing = supervisor.processes.flatMap((process) => {
    const { name, state, wanted } = process;
    const instance = instanceOf(name, machine.name);
    const why = supervisor.whyOf(process);
    if (AILING.includes(state)) return [`${instance} is ${state === 'backoff' ? 'in backoff' : state}: ${why}`];
    return state === 'stopped' && wanted && why !== '' ? [`${instance} ${why}`] : [];
  });
  return [
    ...ailing,
    ...(degraded === '' ? [] : [`the journal: ${degraded}`]),
    ...(undelivered === '' ? [] : [`records do not reach main: ${undelivered}`]),
    ...(logTrouble === '' ? [] : [logTrouble]),
    ...(backupTrouble === '' ? [] : [backupTrouble]),
    ...(reloadTrouble === '' ? [] : [reloadTrouble]),
    ...links.problems,
  ];
}
