/**
 * The daemon of one machine. It owns the machine's folder (by a lock), its journal, its processes and its control socket,
 * and is the door for everything on the machine. `open` resolves when the node can be asked; whether its agents are
 * ready is what `node.status` answers. `close` leaves no process behind.
 */
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { type FoundProcess, findProcesses, tokenOf } from '../../common/core/process-scan.js';
import { acquireLock, type ExclusiveLock } from '../../common/journal/sqlite/exclusive-lock.js';
import type { Output } from '../../common/protocol/catalogue.js';
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import { welcomeOf } from './attachment/welcome.js';
import { careMethods } from './care/care-methods.js';
import { nodeMethods } from './control/node-methods.js';
import { nodeStatus, type Phase } from './control/node-status.js';
import { keeperLoss } from './keeper/keeper-loss.js';
import { type MachineFolder, openMachineFolder } from './machine/machine-folder.js';
import { refuseOccupiedPorts } from './machine/occupied-ports.js';
import { MachineStores } from './machine-stores.js';
import type { NodeOptions } from './node-options.js';
import { NodeParts } from './node-parts.js';
import { NODE_AGENT } from './records/incident.js';
import { ownLastWords } from './records/own-last-words.js';
import { reloadMethods } from './reload/reload-methods.js';

export class MeshNode {
  readonly #options: NodeOptions;
  readonly #startedMs: number;
  readonly #lock: ExclusiveLock;
  readonly #parts: NodeParts;
  readonly #control: RequestServer;
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
    const { machine } = options;
    this.#options = options;
    this.#lock = lock;
    this.#startedMs = systemClock.wallMs();
    this.#parts = new NodeParts(options, folder, stores, () => this.#onTableChange());
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
    const { stores, records, logs, live, supervision } = this.#parts;
    await this.#control.open();
    for (const warning of this.#parts.warnings) log.warn(warning);
    for (const incident of [...stores.incidents, ...ownLastWords(folder)]) records.report(incident);
    logs.open();
    if (found.length > 0) live.policies.tellByBeats();
    supervision.start(found);
    // Where all was adopted as it was, nothing changes any more that would tell of the end of the launch.
    this.#onTableChange();
    logs.start();
    this.#parts.care.start();
    this.#parts.brokerProbe.start();
    this.#parts.registry.start();
    this.#parts.forwarder.start();
    this.#parts.pulse.start();
    this.#parts.housekeeping.start();
    log.info({ epoch: stores.journal.epoch, control: this.#control.endpoint }, `the node of ${machine.name} is up`);
  }

  async #close(): Promise<void> {
    const { reloader, supervisor, records, forwarder } = this.#parts;
    this.#phase = 'stopping';
    reloader.close();
    await supervisor.stopAgents();
    await records.flush();
    await forwarder.drain(DRAIN_MS);
    await supervisor.stop();
    await this.#release();
  }

  async #release(): Promise<void> {
    const parts = this.#parts;
    parts.pulse.stop();
    parts.housekeeping.stop();
    parts.care.close();
    parts.records.close();
    parts.brokerProbe.close();
    parts.registry.close();
    parts.live.close();
    await parts.forwarder.close();
    await this.#control.close();
    await parts.logs.close();
    parts.supervision.close();
    await parts.stores.close();
    this.#lock.release();
  }

  #methods(): MethodTable {
    const { fleet, machine, version, onStop } = this.#options;
    const { stores, records, live, supervision, supervisor, registry, care, reloader, pulse } = this.#parts;
    const { journal, bodies } = stores;
    const handlers = nodeMethods({
      machine: machine.name,
      epoch: journal.epoch,
      version,
      supervisor,
      resources: supervision.resources,
      health: supervision.health,
      journal,
      live,
      bodies,
      welcome: welcomeOf(fleet, machine, journal.epoch),
      status: () => this.#status(),
      counters: () => this.#counters(),
      loopLagMs: () => pulse.lagMs,
      records,
      logOf: (name) => this.#parts.logOf(name === NODE_AGENT ? name : supervisor.find(name).plan.name),
      onStop,
    });
    return new MethodTable()
      .serve(handlers)
      .serve(careMethods(care))
      .serve(reloadMethods(reloader))
      .serve(registry.handlers);
  }

  #counters(): Record<string, number> {
    const { stores, records, live, forwarder, registry, logs, care } = this.#parts;
    return {
      ...this.#control.counters,
      ...records.counters,
      ...live.streams.counters,
      ...stores.bodies.counters,
      ...stores.bodies.figures,
      ...forwarder.counters,
      ...registry.counters,
      ...logs.counters,
      ...care.counters,
    };
  }

  #status(): Output<'node.status'> {
    const { env, machine } = this.#options;
    const { stores, supervision, supervisor, links, records, forwarder, logs, care, reloader } = this.#parts;
    return nodeStatus({
      ...this.#options,
      epoch: stores.journal.epoch,
      startedMs: this.#startedMs,
      phase: this.#phase,
      supervisor,
      links,
      warnings: [
        ...this.#parts.warnings,
        ...keeperLoss(env, process.ppid, machine.name),
        ...supervision.resources.warnings,
        ...care.warnings,
      ],
      degraded: records.degraded,
      undelivered: forwarder.trouble,
      logTrouble: logs.trouble,
      backupTrouble: care.trouble,
      reloadTrouble: reloader.problem,
    });
  }

  #onTableChange(): void {
    const { supervisor, registry, reloader } = this.#parts;
    if (this.#phase === 'starting' && supervisor.isSettled) this.#phase = 'running';
    registry.changed();
    reloader.onChange();
  }
}

/** What is stored when the machine is taken down gets this long to reach main; the rest is sent after the next start. */
const DRAIN_MS = 1_500;
