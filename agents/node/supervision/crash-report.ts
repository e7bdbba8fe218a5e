/** What is told of a process that ended although it was wanted: from its exit, its last words and its last lines. Pure. */
import type { HookName } from '../../../common/config/agents/agent-specs.js';
import { durationText } from '../../../common/core/duration.js';
import type { LastWords } from '../../../common/log/last-words.js';
import { completeReport, type ErrorReport } from '../../../common/protocol/errors/error-report.js';
import { type Exit, exitText } from '../programs/exit.js';

export interface Death {
  /** `agent@machine` */
  readonly instance: string;
  readonly pid: number;
  readonly exit: Exit;
  readonly lastWords: LastWords | undefined;
  readonly lastLogLines: readonly string[];
  readonly uptimeMs: number;
  readonly restarts: number;
  /** Undefined when it is not started again. */
  readonly restartInMs: number | undefined;
  /** Its version; empty when nobody knows it. */
  readonly release?: string;
}

type Traces = Pick<Death, 'instance' | 'pid' | 'lastLogLines'>;

/** What an agent attaches with whose author says no version. */
const NO_VERSION = '0.0.0';

export function crashReport(death: Death): ErrorReport {
  const { instance, exit, lastWords, lastLogLines, pid, uptimeMs, restarts, restartInMs } = death;
  const context = {
    exit: exitText(exit),
    ...(exit.code === undefined ? {} : { exitCode: exit.code }),
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    pid,
    uptimeMs: Math.round(uptimeMs),
    restarts,
    ...(restartInMs === undefined ? {} : { restartInMs: Math.round(restartInMs) }),
    ...(exit.hint === undefined ? {} : { next: exit.hint }),
    lastLogLines: [...lastLogLines],
  };
  const release = death.release === undefined || death.release === NO_VERSION ? {} : { release: death.release };
  if (lastWords !== undefined)
    return completeReport({ ...release, ...lastWords.report, context: { ...context, ...lastWords.report.context } });
  return completeReport({
    ...release,
    code: exit.reason === undefined ? 'AGENT_CRASHED' : 'START_FAILED',
    message: `${instance} ended unexpectedly: ${exitText(exit)}`,
    severity: exit.code === 0 ? 'warning' : 'critical',
    component: 'process',
    context,
  });
}

/** What is told of a process that ended while there was no node to see how. */
export function unseenDeathReport(death: Traces & Pick<Death, 'lastWords'>): ErrorReport {
  const { instance, pid, lastWords, lastLogLines } = death;
  const context = { exit: exitText({ code: undefined, signal: undefined }), pid, lastLogLines: [...lastLogLines] };
  if (lastWords !== undefined)
    return completeReport({ ...lastWords.report, context: { ...context, ...lastWords.report.context } });
  return completeReport({
    code: 'AGENT_CRASHED',
    message: `${instance} ended while its machine had no node: how is not known`,
    severity: 'critical',
    component: 'process',
    context,
  });
}

/** What is told, once, of a process that was started too often. */
export function quarantineReport({ instance, pid, lastLogLines }: Traces, why: string): ErrorReport {
  return completeReport({
    code: 'QUARANTINED',
    message: `${instance} stays down: ${why}`,
    severity: 'critical',
    component: 'process',
    context: {
      pid,
      next: `see "mesh logs ${instance}"; "mesh start ${instance}" releases it`,
      lastLogLines: [...lastLogLines],
    },
  });
}

/** What is told of a process that was silent for longer than it may be, before it is ended. */
export function hungReport({ instance, pid, lastLogLines }: Traces, silentMs: number, hangMs: number): ErrorReport {
  return completeReport({
    code: 'HUNG',
    message: `${instance} hung: it was busy for ${durationText(silentMs)}, and may be for ${durationText(hangMs)}`,
    severity: 'error',
    component: 'process',
    context: { pid, silentMs: Math.round(silentMs), hangMs, lastLogLines: [...lastLogLines] },
  });
}

/** What is told of a hook that failed where life goes on all the same. */
export const hookReport = (instance: string, hook: HookName, why: string): ErrorReport =>
  completeReport({
    code: 'HOOK_FAILED',
    message: `${instance}: ${why}`,
    severity: 'warning',
    component: 'process',
    context: { hook, next: `see "mesh logs ${instance}": what a hook writes stands there` },
  });
