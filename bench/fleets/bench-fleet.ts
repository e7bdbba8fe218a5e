/**
 * A fleet of two machines on this box as its users run it, in a temporary folder, started and ended with the `mesh`
 * command: all agents are the shipped `echo`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProcesses, tokenOf } from '../../common/core/process-scan.js';
import { freePorts } from './free-ports.js';
import { withoutMesh } from './without-mesh.js';

const MESH = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** Role → what listens. */
const SOCKETS = {
  main: ['node', 'registry', 'log', 'publish', 'subscribe', 'broker'],
  pc2: ['node', 'publish', 'subscribe', 'broker'],
} as const;
const ADDRESS = '127.0.0.1';

export type BenchMachineName = keyof typeof SOCKETS;

export interface BenchFleetSetup {
  /** How many agents each machine has. */
  readonly agents: Readonly<Record<BenchMachineName, number>>;
  /** What every agent's entry says beside its module. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

export class BenchFleet {
  private constructor(
    readonly home: string,
    /** Endpoint of each node. */
    readonly nodes: Readonly<Record<BenchMachineName, string>>,
  ) {}

  /** Writes the folder; nothing is started. */
  static async open({ agents, entry = {} }: BenchFleetSetup): Promise<BenchFleet> {
    const home = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
    const ports = await freePorts(SOCKETS.main.length + SOCKETS.pc2.length);
    const portsOf = (machine: BenchMachineName): Record<string, number> =>
      Object.fromEntries(SOCKETS[machine].map((name) => [name, ports.pop() ?? 0]));
    const portFile = { main: portsOf('main'), pc2: portsOf('pc2') };
    const agentsOf = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`echo-${i + 1}`, { module: 'echo', ...entry }]));
    const machines = { main: { role: 'main', address: ADDRESS }, pc2: { role: 'secondary', address: ADDRESS } };
    mkdirSync(join(home, 'config/machines'), { recursive: true });
    // JSON is YAML.
    const write = (file: string, value: unknown) => writeFileSync(join(home, file), JSON.stringify(value));
    write('config/mesh.yaml', { mesh: 'bench', machines });
    write('config/machines/main.yaml', { agents: agentsOf(agents.main) });
    write('config/machines/pc2.yaml', { agents: agentsOf(agents.pc2) });
    write('ports.json', portFile);
    const node = (machine: BenchMachineName) => `tcp://${ADDRESS}:${portFile[machine]['node']}`;
    return new BenchFleet(home, { main: node('main'), pc2: node('pc2') });
  }

  /** Resolves when every agent of both machines is ready. @throws when one is not */
  up(): Promise<void> {
    return this.#mesh('up', '--all', '--detach');
  }

  down(): Promise<void> {
    return this.#mesh('down', '--all', '--yes');
  }

  /** Leaves nothing, whatever state it is in. */
  close(): Promise<void> {
    for (const machine of Object.keys(SOCKETS)) {
      for (const { pid } of findProcesses(tokenOf(this.home, machine))) process.kill(pid, 'SIGKILL');
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10 });
    return Promise.resolve();
  }

  async #mesh(...args: string[]): Promise<void> {
    const child = spawn(process.execPath, [MESH, '--mesh', this.home, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: withoutMesh(process.env),
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-SAID_SHOWN);
      });
    }
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`mesh ${args.join(' ')} ended with exit code ${code}: ${said}`);
  }
}

const SAID_SHOWN = 2_000;
