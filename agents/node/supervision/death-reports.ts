/**
 * Every process that ends although it is wanted is told of on the error bus, once: by the node that sees it, or by the
 * next one when there was none. So is one that stays down because it was started too often, and one that hung.
 */
import type { HookName } from '../../../common/config/agents/agent-specs.js';
import { limits } from '../../../common/core/limits.js';
import { readLastWords } from '../../../common/log/last-words.js';
import type { AgentLog } from '../../../common/log/log.js';
import type { ErrorReport } from '../../../common/protocol/errors/error-report.js';
import { instanceOf } from '../../../common/protocol/name.js';
import type { LogChain } from '../logs/log-chain.js';
import { lastLines } from '../logs/log-lines.js';
import type { MachineFolder } from '../machine/machine-folder.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import type { Death } from '../processes/supervision.js';
import type { NodeJournal } from '../records/node-journal.js';
import { crashReport, hookReport, hungReport, quarantineReport, unseenDeathReport } from './crash-report.js';

export interface DeathReportsOptions {
  readonly machine: string;
  readonly folder: MachineFolder;
  readonly records: NodeJournal;
  readonly log: AgentLog;
  readonly logOf: (agent: string) => LogChain;
}

export class DeathReports {
  constructor(private readonly options: DeathReportsOptions) {}

  onDeath({ process, epoch, pid, exit, uptimeMs, verdict, isTold, isUnseen, release }: Death<SupervisedProcess>): void {
    const { name, restarts } = process;
    const traces = { ...this.#tracesOf(name, epoch), pid };
    const restartInMs = verdict.kind === 'backoff' ? verdict.waitMs : undefined;
    if (isUnseen) this.#report(name, epoch, unseenDeathReport(traces));
    else if (!isTold && verdict.kind !== 'completed')
      this.#report(name, epoch, crashReport({ ...traces, exit, uptimeMs, restarts, restartInMs, release }));
    if (verdict.kind === 'quarantined') this.#report(name, epoch, quarantineReport(traces, verdict.why));
  }

  onHung({ name, epoch, pid, plan }: SupervisedProcess, silentMs: number): void {
    const traces = { ...this.#tracesOf(name, epoch), pid };
    this.#report(name, epoch, hungReport(traces, silentMs, plan.limits.hangMs ?? 0));
  }

  onHookFailure(agent: string, epoch: number, hook: HookName, why: string): void {
    this.#report(agent, epoch, hookReport(instanceOf(agent, this.options.machine), hook, why));
  }

  #report(agent: string, epoch: number, report: ErrorReport): void {
    this.options.log.warn({ agent, epoch }, report.message);
    this.options.records.reportDeath(agent, epoch, report);
  }

  /** What a process left behind. */
  #tracesOf(agent: string, epoch: number) {
    const { machine, folder, logOf } = this.options;
    return {
      instance: instanceOf(agent, machine),
      lastWords: readLastWords(folder.lastWordsOf(agent, epoch)),
      lastLogLines: lastLines(logOf(agent), limits.lastLogLines),
    };
  }
}
