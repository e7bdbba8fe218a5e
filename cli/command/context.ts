/**
 * What a command works with: its surroundings, its output, the fleet's configuration and its connections. Everything
 * heavy is loaded when it is first asked for, so that a command pays only for what it uses; `close` undoes all of it.
 */
import type { FleetConfig, LoadFleetOptions, MachineConfig } from '../../common/config/fleet-config.js';
import type { Settings } from '../../common/config/settings.js';
import { MeshError } from '../../common/core/errors.js';
import type { FleetAccess } from '../fleet/fleet-access.js';
import type { GlobalFlags } from '../line/global-options.js';
import type { Output } from '../terminal/output.js';

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
}

export class Context {
  #fleet: Promise<FleetConfig> | undefined;
  #running: Promise<FleetConfig> | undefined;
  #access: Promise<FleetAccess> | undefined;

  constructor(
    readonly flags: GlobalFlags,
    readonly output: Output,
    readonly surroundings: Surroundings,
    /** Aborted at the first SIGINT, SIGTERM or SIGHUP, and when nobody reads the output any more. */
    readonly signal: AbortSignal,
    /** Calls back at each further interruption. */
    readonly onInterruptAgain: (callback: () => void) => void,
  ) {}

  /** @throws MeshError CONFIG_INVALID */
  async settings(): Promise<Settings> {
    const { readSettings } = await import('../../common/config/settings.js');
    const { mesh, env, machine } = this.flags;
    return readSettings({
      env: this.surroundings.env,
      cwd: this.surroundings.cwd,
      flags: { home: mesh, environment: env, machine },
    });
  }

  /** @throws MeshError CONFIG_INVALID with every fault; INSECURE */
  fleet(): Promise<FleetConfig> {
    this.#fleet ??= this.#loadFleet();
    return this.#fleet;
  }

  /**
   * The fleet for a question about what runs of it: faults of agents and rules are said, and stand in nobody's way.
   * @throws MeshError CONFIG_INVALID, INSECURE when not even the places of its machines are known
   */
  running(): Promise<FleetConfig> {
    if (this.#fleet !== undefined) return this.#fleet;
    this.#running ??= this.#loadRunning();
    return this.#running;
  }

  /**
   * The whole fleet for who is about to start it: what its agents run must be on this box, for the machines that are this box.
   * @param who starts them: whether that one may is only asked of who is known
   */
  fleetToStart(who: 'this user' | 'somebody'): Promise<FleetConfig> {
    this.#fleet ??= this.#loadFleet(async () => {
      const [{ ownStarter, thisBox }, { isLocalAddress }] = await Promise.all([
        import('../../agents/node/programs/this-box.js'),
        import('../../common/config/machines/local-machine.js'),
      ]);
      const box = thisBox(this.surroundings.env, who === 'this user' ? ownStarter() : undefined);
      return ({ address }) => (isLocalAddress(address) ? box : undefined);
    });
    return this.#fleet;
  }

  /** The ways into a running fleet. */
  access(): Promise<FleetAccess> {
    this.#access ??= this.#openAccess();
    return this.#access;
  }

  /** A machine of the fleet by its name. @throws MeshError NOT_FOUND with the nearest name */
  async machine(name: string): Promise<MachineConfig> {
    const { machines } = await this.running();
    const found = machines.get(name);
    if (found !== undefined) return found;
    const { nearest } = await import('../../common/core/nearest.js');
    const near = nearest(name, machines.keys());
    throw new MeshError('NOT_FOUND', `the fleet has no machine "${name}"`, {
      hint: `its machines are ${[...machines.keys()].join(', ')}`,
      ...(near === undefined ? {} : { details: { didYouMean: near } }),
    });
  }

  /** Whom a question about machines is for: the one of --machine, else all. */
  async machinesAsked(): Promise<readonly MachineConfig[]> {
    if (this.flags.machine !== undefined) return [await this.machine(this.flags.machine)];
    return [...(await this.running()).machines.values()];
  }

  async close(): Promise<void> {
    const access = await this.#access?.catch(() => undefined);
    await access?.close();
  }

  async #loadFleet(boxes?: () => Promise<LoadFleetOptions['boxOf']>): Promise<FleetConfig> {
    const { loadFleet } = await import('../../common/config/fleet-config.js');
    const { home, environment } = await this.settings();
    return loadFleet({ home, env: environment, boxOf: await boxes?.() });
  }

  async #loadRunning(): Promise<FleetConfig> {
    const { loadRunningFleet } = await import('../../common/config/fleet-config.js');
    const { home, environment } = await this.settings();
    const { fleet, fault } = loadRunningFleet({ home, env: environment });
    if (fault !== undefined)
      this.output.warn(`what runs is asked, but its files have faults ("mesh config validate"):\n${fault.message}`);
    return fleet;
  }

  async #openAccess(): Promise<FleetAccess> {
    const { FleetAccess } = await import('../fleet/fleet-access.js');
    const [fleet, settings] = await Promise.all([this.running(), this.settings()]);
    if (settings.machine !== undefined) await this.machine(settings.machine);
    return new FleetAccess(fleet, settings.machine);
  }
}
