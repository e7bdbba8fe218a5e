/**
 * The daemon of one machine. It owns the machine's folder (by a lock), its journal, its processes and its control socket,
 * and is the door for everything on the machine. `open` resolves when the node can be asked; whether its agents are
 * ready is what `node.status` answers. `close` leaves no process behind.
 */
import { type Clock, systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { type FoundProcess, findProcesses, tokenOf } from '../../common/core/process-scan.js';
import type { Journal } from '../../common/journal/machine/journal.js';
import { acquireLock, type ExclusiveLock } from '../../common/journal/sqlite/exclusive-lock.js';
import type { Output } from '../../common/protocol/catalogue.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { instanceOf } from '../../common/protocol/name.js';
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import { careMethods } from './care/care-methods.js';
import { StoreCare } from './care/store-care.js';
import { Housekeeping } from './housekeeping.js';
import { keeperLoss } from './keeper-loss.js';
import { LinkTable } from './link-table.js';
import { lastLines } from './logs/log-lines.js';
import { logBounds } from './logs/log-rotation.js';
import { LogStore } from './logs/log-store.js';
import { type MachineFolder, openMachineFolder } from './machine-folder.js';
import { MachineStores } from './machine-stores.js';
import { machineTable } from './machine-table.js';
import { nodeMethods } from './node-methods.js';
import type { NodeOptions } from './node-options.js';
import { NodeRegistry } from './node-registry.js';
import { nodeStatus, type Phase } from './node-status.js';
import { refuseOccupiedPorts } from './occupied-ports.js';
import { BROKER, planProcesses } from './programs/process-plan.js';
import { Pulse } from './pulse.js';
import { type BodyKeeper, bodyKeeperOf } from './records/body-keeper.js';
import { Forwarder } from './records/forwarder.js';
import { Incident, incidents, NODE_AGENT } from './records/incident.js';
import { NodeJournal } from './records/node-journal.js';
import { ownLastWords } from './records/own-last-words.js';
import { LiveParts } from './reload/live-parts.js';
import { reloadMethods } from './reload/reload-methods.js';
import { Reloader } from './reload/reloader.js';
import { openFilesWarning } from './resources/open-files.js';
import { BrokerProbe } from './supervision/broker-probe.js';
import { MachineSupervision } from './supervision/machine-supervision.js';
import type { Supervisor } from './supervision/supervisor.js';
import { welcomeOf } from './welcome.js';

export class MeshNode {
  readonly #options: NodeOptions;
  readonly #clock: Clock = systemClock;
  readonly #startedMs: number;
  readonly #lock: ExclusiveLock;
  readonly #stores: MachineStores;
  readonly #journal: Journal;
  readonly #records: NodeJournal;
  readonly #logs: LogStore;
  readonly #care: StoreCare;
  readonly #supervision: MachineSupervision;
  readonly #supervisor: Supervisor;
  readonly #live: LiveParts;
  readonly #bodyKeeper: BodyKeeper;
  readonly #reloader: Reloader;
  readonly #registry: NodeRegistry;
  readonly #forwarder: Forwarder;
  readonly #control: RequestServer;
  readonly #brokerProbe: BrokerProbe;
  readonly #links = new LinkTable();
  readonly #warnings: readonly string[];
  readonly #pulse: Pulse;
  readonly #housekeeping: Housekeeping;
  #phase: Phase = 'starting';
  #closing: Promise<void> | undefined;

  /** @throws ALREADY_RUNNING, PORT_IN_USE, CONFIG_INVALID, JOURNAL_FAILED; then nothing was started */
  static async open(options: NodeOptions): Promise<MeshNode> {
    const { fleet, machine } = options;
    const folder = openMachineFolder(fleet.home, machine.name);
    const lock = acquireLock(folder.lock, `the node of ${machine.name} in ${fleet.home}`);
    try {
      const found = findProcesses(tokenOf(fleet.home, machine.name));
      await refuseOccupiedPorts(fleet, machine.name, found);
      const stores = await MachineStores.open({ ...options, folder, machine: machine.name, clock: systemClock });
      const node = new MeshNode(options, folder, lock, stores);
      try {
        await node.#start(found, folder);
      } catch (error) {
        await node.#release();
        throw error;
      }
      return node;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(options: NodeOptions, folder: MachineFolder, lock: ExclusiveLock, stores: MachineStores) {
    const { fleet, machine } = options;
    const { journal } = stores;
    const name = instanceOf(NODE_AGENT, machine.name);
    this.#options = options;
    this.#lock = lock;
    this.#stores = stores;
    this.#journal = journal;
    this.#records = new NodeJournal(journal, options.log, () => this.#forwarder.wake());
    const onReport = (report: ErrorReportInput) => this.#records.report(new Incident(report));
    this.#logs = new LogStore({
      folder: folder.logs,
      bounds: logBounds(machine.logs),
      clock: this.#clock,
      processes: () => [
        { name: NODE_AGENT, running: true },
        ...this.#supervisor.processes.map(({ plan, running }) => ({ name: plan.name, running })),
      ],
      instanceOf: (agent) => instanceOf(agent, machine.name),
      onReport,
    });
    this.#care = new StoreCare({
      ...options,
      folder,
      clock: this.#clock,
      onReport,
    });
    const logOf = (agent: string) => this.#logs.chainOf(agent);
    this.#housekeeping = new Housekeeping(() => this.#keepHouse(), options.log);
    this.#startedMs = this.#clock.wallMs();
    this.#warnings = [...fleet.warnings, openFilesWarning()].filter((warning) => warning !== undefined);
    this.#supervision = new MachineSupervision({
      home: fleet.home,
      machine,
      folder,
      table: stores.table,
      plans: planProcesses({ ...options, folder }),
      nodeEpoch: journal.epoch,
      records: this.#records,
      log: options.log,
      logOf,
      clock: this.#clock,
      loopLagMs: () => this.#pulse.lagMs,
      onChange: () => this.#onTableChange(),
    });
    this.#supervisor = this.#supervision.supervisor;
    this.#pulse = new Pulse(this.#clock, () => this.#supervision.tick() && this.#registry.changed());
    this.#live = new LiveParts(fleet);
    this.#bodyKeeper = bodyKeeperOf(stores, machine.name, fleet.main.endpoints.log, this.#clock);
    this.#reloader = new Reloader({
      ...options,
      plan: (next) => planProcesses({ ...options, ...next, folder }),
      supervisor: this.#supervisor,
      live: (next) => this.#live.changesTo(next),
      clock: this.#clock,
      lastLines: (agent) => lastLines(logOf(agent), limits.lastLogLines),
      onReport,
    });
    this.#registry = new NodeRegistry({
      machine: machine.name,
      epoch: journal.epoch,
      endpoint: fleet.main.endpoints.registry,
      name,
      table: (revision) => machineTable({ machine, epoch: journal.epoch, revision, ...this.#supervision }),
      clock: this.#clock,
      onRefused: (error) => this.#records.report(incidents.tableRefused(error)),
      onLink: (up) => this.#links.note('registry', up, fleet.main.endpoints.registry),
    });
    this.#forwarder = new Forwarder({
      journal,
      machine: machine.name,
      endpoint: fleet.main.endpoints.log,
      name,
      onIncident: (incident) => this.#records.report(incident),
      onLink: (up) => this.#links.note('log', up, fleet.main.endpoints.log),
    });
    this.#brokerProbe = new BrokerProbe(this.#supervisor.find(BROKER), machine.endpoints.broker, machine.name);
    this.#control = new RequestServer({
      endpoint: machine.bindEndpoints.node,
      purpose: `the node of ${machine.name}`,
      frameBytesMax: limits.controlFrameBytesMax,
      handle: this.#methods().handle,
      onBug: (error, method) => options.log.error({ err: error, method }, 'a control method failed unexpectedly'),
    });
  }

  /** Takes the machine down: agents first, what they stored goes to main, then the broker, then this. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(found: readonly FoundProcess[], folder: MachineFolder): Promise<void> {
    const { machine, log } = this.#options;
    await this.#control.open();
    for (const warning of this.#warnings) log.warn(warning);
    for (const incident of [...this.#stores.incidents, ...ownLastWords(folder)]) this.#records.report(incident);
    this.#logs.open();
    if (found.length > 0) this.#live.policies.tellByBeats();
    this.#supervision.start(found);
    // Where all was adopted as it was, nothing changes any more that would tell of the end of the launch.
    this.#onTableChange();
    this.#logs.start();
    this.#care.start();
    this.#brokerProbe.start();
    this.#registry.start();
    this.#forwarder.start();
    this.#pulse.start();
    this.#housekeeping.start();
    log.info({ epoch: this.#journal.epoch, control: this.#control.endpoint }, `the node of ${machine.name} is up`);
  }

  async #close(): Promise<void> {
    this.#phase = 'stopping';
    this.#reloader.close();
    await this.#supervisor.stopAgents();
    await this.#records.flush();
    await this.#forwarder.drain(DRAIN_MS);
    await this.#supervisor.stop();
    await this.#release();
  }

  async #release(): Promise<void> {
    this.#pulse.stop();
    this.#housekeeping.stop();
    this.#care.close();
    this.#records.close();
    this.#brokerProbe.close();
    this.#registry.close();
    this.#live.close();
    await this.#forwarder.close();
    await this.#control.close();
    await this.#logs.close();
    this.#supervision.close();
    await this.#stores.close();
    this.#lock.release();
  }

  #methods(): MethodTable {
    const { machine, version, onStop } = this.#options;
    const handlers = nodeMethods({
      machine: machine.name,
      epoch: this.#journal.epoch,
      version,
      supervisor: this.#supervisor,
      resources: this.#supervision.resources,
      health: this.#supervision.health,
      journal: this.#journal,
      live: this.#live,
      bodies: this.#stores.bodies,
      welcome: welcomeOf(this.#options.fleet, machine, this.#journal.epoch),
      status: () => this.#status(),
      counters: () => ({
        ...this.#control.counters,
        ...this.#records.counters,
        ...this.#live.streams.counters,
        ...this.#stores.bodies.counters,
        ...this.#stores.bodies.figures,
        ...this.#forwarder.counters,
        ...this.#registry.counters,
        ...this.#logs.counters,
        ...this.#care.counters,
      }),
      loopLagMs: () => this.#pulse.lagMs,
      records: this.#records,
      logOf: (name) => this.#logs.chainOf(name === NODE_AGENT ? name : this.#supervisor.find(name).plan.name),
      onStop,
    });
    return new MethodTable()
      .serve(handlers)
      .serve(careMethods(this.#care))
      .serve(reloadMethods(this.#reloader))
      .serve(this.#registry.handlers);
  }

  #status(): Output<'node.status'> {
    const { env, machine } = this.#options;
    return nodeStatus({
      ...this.#options,
      epoch: this.#journal.epoch,
      startedMs: this.#startedMs,
      phase: this.#phase,
      supervisor: this.#supervisor,
      links: this.#links,
      warnings: [
        ...this.#warnings,
        ...keeperLoss(env, process.ppid, machine.name),
        ...this.#supervision.resources.warnings,
        ...this.#care.warnings,
      ],
      degraded: this.#records.degraded,
      undelivered: this.#forwarder.trouble,
      logTrouble: this.#logs.trouble,
      backupTrouble: this.#care.trouble,
      reloadTrouble: this.#reloader.problem,
    });
  }

  #onTableChange(): void {
    if (this.#phase === 'starting' && this.#supervisor.isSettled) this.#phase = 'running';
    this.#registry.changed();
    this.#reloader.onChange();
  }

  async #keepHouse(): Promise<void> {
    await this.#records.retry();
    this.#stores.table.retry();
    await this.#journal.prune(limits.journalAckedKept);
    await this.#bodyKeeper.look();
  }
}

/** What is stored when the machine is taken down gets this long to reach main; the rest is sent after the next start. */
const DRAIN_MS = 1_500;
