/**
 * The parts of a node, made and tied to each other; nothing of them runs yet. In which order they start and end is the
 * node's affair. What one part tells another goes through here, so that no part knows who listens.
 */
import { type Clock, systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { instanceOf } from '../../common/protocol/name.js';
import { StoreCare } from './care/store-care.js';
import { LinkTable } from './control/link-table.js';
import { Forwarder } from './forwarding/forwarder.js';
import { Housekeeping } from './housekeeping.js';
import type { LogChain } from './logs/log-chain.js';
import { lastLines } from './logs/log-lines.js';
import { logBounds } from './logs/log-rotation.js';
import { LogStore } from './logs/log-store.js';
import type { MachineFolder } from './machine/machine-folder.js';
import type { MachineStores } from './machine-stores.js';
import type { NodeOptions } from './node-options.js';
import { BROKER, planProcesses } from './programs/process-plan.js';
import { Pulse } from './pulse.js';
import { type BodyKeeper, bodyKeeperOf } from './records/body-keeper.js';
import { Incident, incidents, NODE_AGENT } from './records/incident.js';
import { NodeJournal } from './records/node-journal.js';
import { machineTable } from './registry/machine-table.js';
import { NodeRegistry } from './registry/node-registry.js';
import { LiveParts } from './reload/live-parts.js';
import { Reloader } from './reload/reloader.js';
import { openFilesWarning } from './resources/open-files.js';
import { BrokerProbe } from './supervision/broker-probe.js';
import { MachineSupervision } from './supervision/machine-supervision.js';
import type { Supervisor } from './supervision/supervisor.js';

export class NodeParts {
  readonly clock: Clock = systemClock;
  readonly records: NodeJournal;
  readonly logs: LogStore;
  readonly care: StoreCare;
  readonly supervision: MachineSupervision;
  readonly supervisor: Supervisor;
  readonly live: LiveParts;
  readonly reloader: Reloader;
  readonly registry: NodeRegistry;
  readonly forwarder: Forwarder;
  readonly brokerProbe: BrokerProbe;
  readonly links = new LinkTable();
  readonly pulse: Pulse;
  readonly housekeeping: Housekeeping;
  /** What every start must say. */
  readonly warnings: readonly string[];
  readonly #bodyKeeper: BodyKeeper;

  constructor(
    readonly options: NodeOptions,
    readonly folder: MachineFolder,
    readonly stores: MachineStores,
    onTableChange: () => void,
  ) {
    const { fleet, machine, log } = options;
    const { clock } = this;
    this.records = new NodeJournal(stores.journal, log, () => this.forwarder.wake());
    this.logs = this.#logStore();
    this.care = new StoreCare({ ...options, folder, clock, onReport: this.#onReport });
    this.housekeeping = new Housekeeping(() => this.#keepHouse(), log);
    this.warnings = [...fleet.warnings, openFilesWarning()].filter((warning) => warning !== undefined);
    this.supervision = this.#machineSupervision(onTableChange);
    this.supervisor = this.supervision.supervisor;
    this.pulse = new Pulse(clock, () => this.supervision.tick() && this.registry.changed());
    this.live = new LiveParts(fleet);
    this.#bodyKeeper = bodyKeeperOf(stores, machine.name, fleet.main.endpoints.log, clock);
    this.reloader = this.#reloaderOf();
    this.registry = this.#nodeRegistry();
    this.forwarder = this.#forwarderOf();
    this.brokerProbe = new BrokerProbe(this.supervisor.find(BROKER), machine.endpoints.broker, machine.name);
  }

  /** The output of a process of this machine by the name that it is supervised under. */
  logOf(agent: string): LogChain {
    return this.logs.chainOf(agent);
  }

  readonly #onReport = (report: ErrorReportInput): void => this.records.report(new Incident(report));

  #logStore(): LogStore {
    const { machine } = this.options;
    return new LogStore({
      folder: this.folder.logs,
      bounds: logBounds(machine.logs),
      clock: this.clock,
      processes: () => [
        { name: NODE_AGENT, running: true },
        ...this.supervisor.processes.map(({ plan, running }) => ({ name: plan.name, running })),
      ],
      instanceOf: (agent) => instanceOf(agent, machine.name),
      onReport: this.#onReport,
    });
  }

  #machineSupervision(onTableChange: () => void): MachineSupervision {
    const { options, folder, stores, records, clock } = this;
    return new MachineSupervision({
      home: options.fleet.home,
      machine: options.machine,
      folder,
      table: stores.table,
      plans: planProcesses({ ...options, folder }),
      nodeEpoch: stores.journal.epoch,
      records,
      log: options.log,
      logOf: (agent) => this.logOf(agent),
      clock,
      loopLagMs: () => this.pulse.lagMs,
      onChange: onTableChange,
    });
  }

  #reloaderOf(): Reloader {
    const { options, folder } = this;
    return new Reloader({
      ...options,
      plan: (next) => planProcesses({ ...options, ...next, folder }),
      supervisor: this.supervisor,
      live: (next) => this.live.changesTo(next),
      clock: this.clock,
      lastLines: (agent) => lastLines(this.logOf(agent), limits.lastLogLines),
      onReport: this.#onReport,
    });
  }

  #nodeRegistry(): NodeRegistry {
    const { fleet, machine } = this.options;
    const { epoch } = this.stores.journal;
    return new NodeRegistry({
      machine: machine.name,
      epoch,
      endpoint: fleet.main.endpoints.registry,
      name: instanceOf(NODE_AGENT, machine.name),
      table: (revision) => machineTable({ machine, epoch, revision, ...this.supervision }),
      clock: this.clock,
      onRefused: (error) => this.records.report(incidents.tableRefused(error)),
      onLink: (up) => this.links.note('registry', up, fleet.main.endpoints.registry),
    });
  }

  #forwarderOf(): Forwarder {
    const { fleet, machine } = this.options;
    return new Forwarder({
      journal: this.stores.journal,
      machine: machine.name,
      endpoint: fleet.main.endpoints.log,
      name: instanceOf(NODE_AGENT, machine.name),
      onIncident: (incident) => this.records.report(incident),
      onLink: (up) => this.links.note('log', up, fleet.main.endpoints.log),
    });
  }

  async #keepHouse(): Promise<void> {
    await this.records.retry();
    this.stores.table.retry();
    await this.stores.journal.prune(limits.journalAckedKept);
    await this.#bodyKeeper.look();
  }
}
