/**
 * The supervisor of a machine with all that it needs there: the table that outlives the node, hooks, what is told on the
 * error bus, and the record of every step.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { type Clock, systemClock } from '../../common/core/clock.js';
import { bootId, type FoundProcess, tokenOf } from '../../common/core/process-scan.js';
import type { Quarantined } from '../../common/journal/database.js';
import { ProcessStore } from '../../common/journal/process-store.js';
import type { AgentLog } from '../../common/log/log.js';
import { DeathReports, type DeathReportsOptions } from './death-reports.js';
import { HookRunner } from './hook-runner.js';
import { hookOf } from './hook-turns.js';
import { incidents } from './incident.js';
import { LifecycleRecords } from './lifecycle-records.js';
import type { MachineFolder } from './machine-folder.js';
import type { NodeJournal } from './node-journal.js';
import type { ProcessPlan } from './process-plan.js';
import { ProcessRemains } from './process-remains.js';
import { ProcessTable } from './process-table.js';
import { Resources } from './resources.js';
import type { SupervisedProcess } from './supervised-process.js';
import type { Transition } from './supervision.js';
import { Supervisor } from './supervisor.js';

export interface MachineSupervisionOptions {
  readonly home: string;
  readonly machine: MachineConfig;
  readonly folder: MachineFolder;
  readonly plans: readonly ProcessPlan[];
  readonly nodeEpoch: number;
  readonly records: NodeJournal;
  readonly log: AgentLog;
  readonly logOf: DeathReportsOptions['logOf'];
  /** Of the node itself. */
  readonly loopLagMs: () => number;
  /** What others see of the machine's processes has changed. */
  readonly onChange: (process: SupervisedProcess) => void;
  readonly clock?: Clock;
}

export class MachineSupervision {
  readonly supervisor: Supervisor;
  readonly resources: Resources;
  readonly #options: MachineSupervisionOptions;
  readonly #table: ProcessTable;
  readonly #findings: readonly Quarantined[];
  readonly #hooks: HookRunner;
  readonly #lifecycle: LifecycleRecords;

  /** @throws JOURNAL_FAILED, CONFLICT, CONFIG_INVALID when the table cannot be used */
  constructor(options: MachineSupervisionOptions) {
    const { machine, home, folder, plans, nodeEpoch, records, log, logOf, loopLagMs } = options;
    const { clock = systemClock } = options;
    this.#options = options;
    const { store, findings } = ProcessStore.open({ file: folder.processes, wallMs: clock.wallMs() });
    this.#findings = findings;
    this.#table = new ProcessTable(store, bootId(), clock, log);
    this.#lifecycle = new LifecycleRecords(records, log);
    const deaths = new DeathReports({ machine: machine.name, folder, records, log, logOf });
    this.resources = new Resources({
      machine: machine.name,
      token: tokenOf(home, machine.name),
      processes: () => this.supervisor.processes,
      loopLagMs,
      records,
      log,
      clock,
    });
    this.#hooks = new HookRunner(({ name }, hook, { epoch }, why) => log.warn({ agent: name, epoch, hook }, why));
    this.supervisor = new Supervisor({
      plans,
      nodeEpoch,
      clock,
      parallel: machine.launch.parallel,
      records: this.#table.records,
      bootId: this.#table.bootId,
      hooks: this.#hooks,
      remains: new ProcessRemains(tokenOf(home, machine.name)),
      onChange: (process) => this.#onChange(process),
      onTransition: (transition) => this.#onTransition(transition),
      onDeath: (death) => deaths.onDeath(death),
      explain: (name, exit) => this.resources.explain(name, exit),
      onHung: (process, silentMs) => deaths.onHung(process, silentMs),
      onGone: (name) => this.#table.forget(name),
    });
  }

  /** @param found whatever carries the machine's token */
  start(found: readonly FoundProcess[]): void {
    const { records, machine } = this.#options;
    for (const { movedTo, reason } of this.#findings) records.report(incidents.tableLost(movedTo, reason));
    const { bootId: boot } = this.#table;
    const ended = this.#table.records.filter(({ pid, bootId: earlier }) => pid !== 0 && earlier !== boot);
    if (ended.length > 0) {
      const names = ended.map(({ agent }) => agent);
      records.report(incidents.rebooted(machine.name, names));
    }
    this.supervisor.start(found);
    this.resources.start();
  }

  /** What could not be written is tried again. */
  retry(): void {
    this.#table.retry();
  }

  /** The node ends. What still runs goes on. */
  close(): void {
    this.supervisor.close();
    this.resources.close();
    this.#table.close();
  }

  #onChange(process: SupervisedProcess): void {
    // A process that was just started must be in its group before it has done anything.
    this.resources.onChange(process);
    // Before anybody is told of it.
    this.#table.note(process);
    this.#options.onChange(process);
  }

  #onTransition(transition: Transition): void {
    this.#lifecycle.onTransition(transition);
    const { process, epoch, pid, exit } = transition;
    const hook = hookOf(transition);
    if (hook !== undefined) void this.#hooks.run(hook, process.plan, { epoch, pid, exit });
  }
}
