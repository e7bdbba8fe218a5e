/**
 * Every process that ends although it is wanted is told of on the error bus: at once when its node sees it, and by the
 * next node when there was none. For that the processes that run are written down whenever they change.
 */
import { limits } from '../../common/core/limits.js';
import { EPOCH_VARIABLE, type FoundProcess } from '../../common/core/process-scan.js';
import { readLastWords } from '../../common/log/last-words.js';
import type { AgentLog } from '../../common/log/log.js';
import { instanceOf } from '../../common/protocol/name.js';
import type { Exit } from './child-process.js';
import { crashReport, unseenDeathReport } from './crash-report.js';
import type { LogChain } from './log-chain.js';
import { lastLines } from './log-lines.js';
import type { MachineFolder } from './machine-folder.js';
import type { NodeJournal } from './node-journal.js';
import { ProcessTable } from './process-table.js';
import type { SupervisedProcess } from './supervised-process.js';

export interface DeathReportsOptions {
  readonly machine: string;
  readonly folder: MachineFolder;
  readonly records: NodeJournal;
  readonly log: AgentLog;
  readonly logOf: (agent: string) => LogChain;
}

export class DeathReports {
  readonly #table: ProcessTable;

  constructor(private readonly options: DeathReportsOptions) {
    this.#table = new ProcessTable(options.folder.processTable);
  }

  onCrash(process: SupervisedProcess, exit: Exit, restartInMs: number): void {
    const { plan, pid, epoch, restarts, uptimeMs } = process;
    const traces = this.#tracesOf(plan.name, epoch);
    const report = crashReport({ ...traces, pid, exit, uptimeMs, restarts, restartInMs });
    this.options.log.warn({ agent: plan.name, epoch, restartInMs }, report.message);
    this.options.records.reportDeath(plan.name, epoch, report);
  }

  /** @param found what lives: of what an earlier node left running, the rest ended unseen */
  reportUnseen(found: readonly FoundProcess[]): void {
    const living = new Set(found.map(({ pid, env }) => `${pid} ${env[EPOCH_VARIABLE]}`));
    for (const { agent, epoch, pid } of this.#table.read()) {
      if (living.has(`${pid} ${epoch}`)) continue;
      const report = unseenDeathReport({ ...this.#tracesOf(agent, epoch), pid });
      this.options.log.warn({ agent, epoch }, report.message);
      this.options.records.reportDeath(agent, epoch, report);
    }
  }

  /** Never throws: what cannot be written down is logged, and costs only the report of a death that nobody sees. */
  noteRunning(processes: readonly SupervisedProcess[]): void {
    const running = processes.filter((process) => process.running);
    try {
      this.#table.write(running.map(({ plan, epoch, pid }) => ({ agent: plan.name, epoch, pid })));
    } catch (error) {
      this.options.log.warn({ err: error }, 'the table of processes could not be written');
    }
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
