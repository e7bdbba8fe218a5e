/** What is told of an agent that was over a limit: the figure, the limit, and how it came there. Pure. */
import { completeReport, type ErrorReport } from '../../../common/protocol/errors/error-report.js';
import type { Excess } from './limit-verdict.js';

export interface ExcessContext {
  /** `agent@machine` */
  readonly instance: string;
  readonly pid: number;
  /** Itself and its children. */
  readonly processCount: number;
  /** What was over the limit, within the last hour, oldest first: a leak climbs, an accident jumps. */
  readonly lastHour: readonly (number | null)[];
}

/** `uses 612 MiB of memory, more than its limit of 512 MiB` */
export function excessText({ limit, figure, bound }: Excess): string {
  const what = limit === 'memory' ? 'of memory' : 'open files';
  return `uses ${figureText(limit, figure)} ${what}, more than its limit of ${figureText(limit, bound)}`;
}

export function excessReport(excess: Excess, { instance, pid, processCount, lastHour }: ExcessContext): ErrorReport {
  const { limit, figure, bound } = excess;
  return completeReport({
    code: 'LIMIT_EXCEEDED',
    message: `${instance} ${excessText(excess)}: it is drained, and what follows is for its restart policy`,
    severity: 'error',
    component: 'process',
    context: {
      limit,
      figure,
      bound,
      pid,
      processCount,
      lastHour: [...lastHour],
      next: 'see "mesh top" for what it uses; raise its limit under limits in its machine\'s file if it needs that much',
    },
  });
}

/** A child that the kernel killed in the group of an agent that lives on. */
export function kernelKillReport(instance: string, pid: number, killCount: number): ErrorReport {
  return completeReport({
    code: 'LIMIT_EXCEEDED',
    message: `the kernel killed a child of ${instance}: their group was over its memory limit`,
    severity: 'error',
    component: 'process',
    context: { limit: 'memory', pid, killCount },
  });
}

const MIB = 1_048_576;
const figureText = (limit: Excess['limit'], figure: number): string =>
  limit === 'memory' ? `${Math.round(figure / MIB)} MiB` : String(figure);
