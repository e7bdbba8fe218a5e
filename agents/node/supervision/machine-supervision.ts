/**
 * The supervisor of a machine with all that it needs there: the table that outlives the node, hooks, what is told on the
 * error bus, and the record of every step.
 */
import type { MachineConfig } from '../../../common/config/fleet-config.js';
import type { Clock } from '../../../common/core/clock.js';
import { type FoundProcess, tokenOf } from '../../../common/core/process-scan.js';
import type { AgentLog } from '../../../common/log/log.js';
import type { MachineFolder } from '../machine/machine-folder.js';
import { isAlive } from '../processes/agent-lifecycle.js';
import type { ProcessTable } from '../processes/process-table.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import type { Transition } from '../processes/supervision.js';
import { HookRunner } from '../programs/hook-runner.js';
import type { ProcessPlan } from '../programs/process-plan.js';
import { ProcessRemains } from '../programs/process-remains.js';
import { incidents } from '../records/incident.js';
import type { NodeJournal } from '../records/node-journal.js';
import { HealthBoard } from '../resources/health-board.js';
import { Resources } from '../resources/resources.js';
import { DeathReports, type DeathReportsOptions } from './death-reports.js';
import { hookOf } from './hook-turns.js';
import { LifecycleRecords } from './lifecycle-records.js';
import { Supervisor } from './supervisor.js';

export interface MachineSupervisionOptions {
  readonly home: string;
  readonly machine: MachineConfig;
  readonly folder: MachineFolder;
  readonly table: ProcessTable;
  readonly plans: readonly ProcessPlan[];
  readonly nodeEpoch: number;
  readonly records: NodeJournal;
  readonly log: AgentLog;
  readonly logOf: DeathReportsOptions['logOf'];
  /** Of the node itself. */
  readonly loopLagMs: () => number;
  /** What others see of the machine's processes has changed. */
  readonly onChange: (process: SupervisedProcess) => void;
  readonly clock: Clock;
}

export class MachineSupervision {
  readonly supervisor: Supervisor;
  readonly resources: Resources;
  readonly health = new HealthBoard();
  readonly #options: MachineSupervisionOptions;
  readonly #hooks: HookRunner;
  readonly #lifecycle: LifecycleRecords;

  constructor(options: MachineSupervisionOptions) {
    const { machine, home, folder, table, plans, nodeEpoch, records, log, logOf, loopLagMs, clock } = options;
    this.#options = options;
    this.#lifecycle = new LifecycleRecords(records, log);
    const deaths = new DeathReports({ machine: machine.name, folder, records, log, logOf });
    this.resources = new Resources({
      machine: machine.name,
      token: tokenOf(home, machine.name),
      processes: () => this.supervisor.processes,
      loopLagMs,
      records,
      health: this.health,
      log,
      clock,
    });
    this.#hooks = new HookRunner(({ name }, hook, { epoch }, why) => deaths.onHookFailure(name, epoch, hook, why));
    this.supervisor = new Supervisor({
      plans,
      nodeEpoch,
      clock,
      parallel: machine.launch.parallel,
      records: table.records,
      bootId: table.bootId,
      hooks: this.#hooks,
      remains: new ProcessRemains(tokenOf(home, machine.name)),
      onChange: (process) => this.#onChange(process),
      onTransition: (transition) => this.#onTransition(transition),
      onDeath: (death) => deaths.onDeath(death),
      explain: (name, exit) => this.resources.explain(name, exit),
      onHung: (process, silentMs) => deaths.onHung(process, silentMs),
      onGone: (name) => table.forget(name),
    });
  }

  /** @param found whatever carries the machine's token */
  start(found: readonly FoundProcess[]): void {
    const { records, machine, table } = this.#options;
    const ended = table.records.filter(({ pid, bootId }) => pid !== 0 && bootId !== table.bootId);
    const names = ended.map(({ agent }) => agent);
    if (names.length > 0) records.report(incidents.rebooted(machine.name, names));
    this.supervisor.start(found);
    this.#options.folder.sockets.sweep([...this.supervisor.processes].filter(({ running }) => running));
    this.resources.start();
  }

  /** Called about twice a second; answers whether others are told of another health from now on. */
  tick(): boolean {
    this.supervisor.tick();
    return this.health.tick(this.#options.clock.monotonicMs());
  }

  /** The node ends. What still runs goes on. */
  close(): void {
    this.supervisor.close();
    this.resources.close();
  }

  #onChange(process: SupervisedProcess): void {
    // A process that was just started must be in its group before it has done anything.
    this.resources.onChange(process);
    // Before anybody is told of it.
    this.#options.table.note(process);
    this.#options.onChange(process);
  }

  #onTransition(transition: Transition<SupervisedProcess>): void {
    this.#lifecycle.onTransition(transition);
    const { process, epoch, pid, exit, to } = transition;
    if (!isAlive(to)) this.#options.folder.sockets.remove(process.name, epoch);
    const hook = hookOf(transition);
    if (hook !== undefined) void this.#hooks.run(hook, process.plan, { epoch, pid, exit });
  }
}
