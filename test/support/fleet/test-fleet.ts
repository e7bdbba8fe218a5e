/**
 * A fleet of real processes in temporary folders: `main` and `pc2`, each with a folder of its own, as on two boxes. Each
 * sees the other through a link that can fail: the addresses that main's folder has for pc2, and pc2's for main, are
 * those of a fault proxy. `close` fails when anything is left behind.
 *
 * Agents call each other past the proxy, because an agent tells its own address; in a test that needs a real cut, the
 * machines live in network namespaces.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentEntry, MachineFile } from '../../../common/config/schemas.js';
import { FaultProxy } from '../network/fault-proxy.js';
import { freeBlock } from '../network/free-addresses.js';
import { TestMachine } from './test-machine.js';

/** As in `config/machines/*.yaml`; a module `./fixtures/x.js` is one of test/fixtures/agents. */
export type AgentSetup = AgentEntry;

export interface FleetSetup {
  readonly main?: Readonly<Record<string, AgentSetup>>;
  readonly pc2?: Readonly<Record<string, AgentSetup>>;
  /** What the file of each machine says beside its agents. */
  readonly settings?: Readonly<Partial<Record<'main' | 'pc2', Omit<MachineFile, 'agents'>>>>;
}

export interface MachinePlace {
  /** Where its own sockets are. */
  readonly own: string;
  /** Where the other machine finds it. */
  readonly seen: string;
}

export interface FolderSetup extends FleetSetup {
  readonly places: { readonly main: MachinePlace; readonly pc2: MachinePlace };
  readonly isInsecure?: boolean;
}

export const echo: AgentSetup = { module: 'echo' };
/** One of test/fixtures/agents. */
export const fixture = (name: string, config?: Record<string, unknown>): AgentSetup => ({
  module: `./fixtures/${name}.js`,
  ...(config === undefined ? {} : { config }),
});

export const mainPorts = { node: 7400, registry: 7401, log: 7402, publish: 7403, subscribe: 7404, broker: 7405 };
export const pc2Ports = { node: 7400, publish: 7403, subscribe: 7404, broker: 7405 };
const FIXTURES = fileURLToPath(new URL('../../fixtures/agents', import.meta.url));

/** The fleet folder of one machine, below `root`. */
export function writeFleetFolder(root: string, machine: 'main' | 'pc2', setup: FolderSetup): string {
  const home = join(root, machine);
  const { places, main = {}, pc2 = {}, settings = {}, isInsecure = false } = setup;
  const addressOf = (name: 'main' | 'pc2') => (name === machine ? places[name].own : places[name].seen);
  mkdirSync(join(home, 'config/machines'), { recursive: true });
  symlinkSync(FIXTURES, join(home, 'fixtures'));
  // JSON is YAML.
  const write = (file: string, value: unknown) => writeFileSync(join(home, file), JSON.stringify(value, null, 2));
  write('config/mesh.yaml', {
    mesh: 'test',
    ...(isInsecure ? { security: 'insecure' } : {}),
    machines: {
      main: { role: 'main', address: addressOf('main') },
      pc2: { role: 'secondary', address: addressOf('pc2') },
    },
  });
  write('config/machines/main.yaml', { ...settings.main, agents: main });
  write('config/machines/pc2.yaml', { ...settings.pc2, agents: pc2 });
  write('ports.json', { main: mainPorts, pc2: pc2Ports });
  return home;
}

export class TestFleet {
  readonly machines: readonly TestMachine[];

  private constructor(
    readonly root: string,
    readonly main: TestMachine,
    readonly pc2: TestMachine,
    /** Between the two machines, in both directions. */
    readonly link: FaultProxy,
    readonly places: FolderSetup['places'],
  ) {
    this.machines = [main, pc2];
  }

  /** Folders and link; nothing is started. */
  static async open(setup: FleetSetup): Promise<TestFleet> {
    const root = mkdtempSync(join(tmpdir(), 'mesh-fleet-'));
    const block = await freeBlock([1, 2, 11, 12], mainPorts.node);
    const places = {
      main: { own: `${block}1`, seen: `${block}11` },
      pc2: { own: `${block}2`, seen: `${block}12` },
    };
    const routes = [
      ...Object.values(mainPorts).map((port) => routeTo(places.main, port)),
      ...Object.values(pc2Ports).map((port) => routeTo(places.pc2, port)),
    ];
    const machine = (name: 'main' | 'pc2') =>
      new TestMachine({
        name,
        home: writeFleetFolder(root, name, { ...setup, places }),
        node: `tcp://${places[name].own}:${mainPorts.node}`,
      });
    return new TestFleet(root, machine('main'), machine('pc2'), await FaultProxy.open({ routes }), places);
  }

  /** Both machines, ready. A large one is given `ms` for it. */
  static async start(setup: FleetSetup, ms?: number): Promise<TestFleet> {
    const fleet = await TestFleet.open(setup);
    try {
      await fleet.up(ms);
    } catch (error) {
      console.error(fleet.outputs);
      await fleet.close().catch(() => undefined);
      throw error;
    }
    return fleet;
  }

  /** Resolves when both machines are ready, and each one's own copy of the registry says so of both. */
  async up(ms?: number): Promise<void> {
    for (const machine of this.machines) machine.start();
    await Promise.all(this.machines.map((machine) => machine.ready(ms)));
    const names = this.machines.map(({ name }) => name);
    await Promise.all(this.machines.map((machine) => machine.sees(names, ms)));
  }

  get outputs(): string {
    return this.machines.map(({ outputs }) => outputs).join('\n');
  }

  /** @throws when a process was left behind or a node did not end well; nothing is left afterwards in any case */
  async close(): Promise<void> {
    const faults = (await Promise.all(this.machines.map((machine) => machine.close()))).flat();
    await this.link.close();
    rmSync(this.root, { recursive: true, force: true });
    if (faults.length > 0) throw new Error(faults.join('\n'));
  }
}

const routeTo = ({ own, seen }: MachinePlace, port: number) => ({
  listen: { host: seen, port },
  target: { host: own, port },
});

/** One fleet for the tests of a suite; what its processes wrote is shown when one fails. */
export function useFleet(setup: FleetSetup): () => TestFleet {
  let fleet: TestFleet | undefined;
  before(async () => {
    fleet = await TestFleet.start(setup);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet?.outputs);
  });
  after(() => fleet?.close());
  return () => {
    if (fleet === undefined) throw new Error('there is no fleet outside of a test');
    return fleet;
  };
}
