/**
 * One machine of a mesh as a user runs it, in a temporary folder: the real node with its broker, its journal and the
 * agents of the row. What is measured therefore carries all that a running mesh does beside it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeFlags } from '../../agents/node/keeper/node-flags.js';
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { within } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { AGENT_VARIABLE, findProcesses, tokenOf } from '../../common/core/process-scan.js';
import { freePorts } from './free-ports.js';
import { withoutMesh } from './without-mesh.js';

const NODE_PROGRAM = fileURLToPath(new URL('../../agents/node/main.js', import.meta.url));
const RUN = fileURLToPath(new URL('../../agents/sdk/run.cjs', import.meta.url));
/** Runs a program with more variables than it was given. */
const ENV = '/usr/bin/env';
const OWN_PROCESSES: ReadonlySet<string> = new Set(['node', 'broker']);

/** Which machine of which fleet this one is. */
export interface Place {
  readonly machine: string;
  /** ports.json: what each machine listens on, as this one reaches it. */
  readonly ports: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const PORT_NAMES = {
  main: ['node', 'registry', 'log', 'publish', 'subscribe', 'broker'],
  secondary: ['node', 'publish', 'subscribe', 'broker'],
} as const;

/** Free ports for all that a machine of that role listens on. */
export async function portsFor(role: keyof typeof PORT_NAMES): Promise<Record<string, number>> {
  const names = PORT_NAMES[role];
  const ports = await freePorts(names.length);
  return Object.fromEntries(names.map((name, i) => [name, ports[i] ?? 0]));
}

export class BenchMachine {
  private constructor(
    /** Endpoint of the node. */
    readonly node: string,
    readonly nodePid: number,
    private readonly token: string,
    readonly close: () => Promise<void>,
  ) {}

  /** The processes of its agents. */
  get agentPids(): number[] {
    return findProcesses(this.token)
      .filter(({ env }) => !OWN_PROCESSES.has(env[AGENT_VARIABLE] ?? ''))
      .map(({ pid }) => pid);
  }

  get brokerPid(): number {
    return findProcesses(this.token).find(({ env }) => env[AGENT_VARIABLE] === 'broker')?.pid ?? 0;
  }

  /**
   * Resolves when every agent is ready.
   * @param agents name → absolute path of its compiled module
   * @param variables of the environment of every agent, also those that are a node's to give
   * @param place by default it is main, and alone
   */
  static async start(
    agents: Readonly<Record<string, string>> = {},
    variables: Readonly<Record<string, string>> = {},
    place?: Place,
  ): Promise<BenchMachine> {
    const home = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
    const { machine, ports } = place ?? { machine: 'main', ports: { main: await portsFor('main') } };
    const token = tokenOf(home, machine);
    writeFleet(home, { machine, ports }, agents, variables);
    const logFile = join(home, 'node.log');
    const descriptor = openSync(logFile, 'w');
    const child = spawn(process.execPath, [...nodeFlags(process.env), NODE_PROGRAM], {
      cwd: home,
      stdio: ['ignore', descriptor, descriptor],
      env: { ...withoutMesh(process.env), MESH_HOME: home, MESH_MACHINE: machine, MESH_LOG_LEVEL: 'warn' },
    });
    closeSync(descriptor);
    const exit = once(child, 'exit');
    const close = async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      child.kill('SIGTERM');
      await exit;
      clearTimeout(timer);
      // A node that died did not stop what it had started.
      for (const { pid } of findProcesses(token)) process.kill(pid, 'SIGKILL');
      rmSync(home, { recursive: true, force: true });
    };
    const endpoint = `tcp://127.0.0.1:${ports[machine]?.['node']}`;
    const died = exit.then(() => {
      throw new Error(`the node of the bench ended: ${readFileSync(logFile, 'utf8').slice(-LOG_SHOWN)}`);
    });
    try {
      await Promise.race([died, agentsReady(endpoint, Object.keys(agents))]);
    } catch (error) {
      await close();
      throw error;
    }
    died.catch(() => undefined);
    return new BenchMachine(endpoint, child.pid ?? 0, token, close);
  }
}

/** JSON is YAML. A fleet's modules are in its folder: there they only name those of the bench. */
function writeFleet(
  home: string,
  { machine, ports }: Place,
  agents: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): void {
  for (const [name, module] of Object.entries(agents))
    writeFileSync(
      join(home, `${name}.mjs`),
      `export { default } from ${JSON.stringify(pathToFileURL(module).href)};\n`,
    );
  const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const entryOf = (name: string) =>
    given.length === 0
      ? { module: `./${name}.mjs` }
      : { command: [ENV, ...given, process.execPath, RUN, join(home, `${name}.mjs`)], attaches: true };
  const entries = Object.keys(agents).map((name) => [name, entryOf(name)]);
  const machines = Object.keys(ports).map((name) => [
    name,
    { role: name === 'main' ? 'main' : 'secondary', address: '127.0.0.1' },
  ]);
  const agentFiles = Object.keys(ports).map((name) => [
    `config/machines/${name}.yaml`,
    { agents: name === machine ? Object.fromEntries(entries) : {} },
  ]);
  const files = {
    'config/mesh.yaml': { mesh: 'bench', machines: Object.fromEntries(machines) },
    ...Object.fromEntries(agentFiles),
    'ports.json': ports,
  };
  mkdirSync(join(home, 'config/machines'), { recursive: true });
  for (const [name, value] of Object.entries(files)) writeFileSync(join(home, name), JSON.stringify(value));
}

async function agentsReady(node: string, names: readonly string[]): Promise<void> {
  const mesh = await MeshClient.connect({ node, name: 'bench', timeoutMs: limits.readyTimeoutMs });
  const giveUp = new AbortController();
  // A machine starts a few at a time; one agent alone gets that long.
  const readyTimeoutMs = limits.readyTimeoutMs * Math.ceil(1 + names.length / AT_A_TIME);
  const ready = async () => {
    for await (const _ of mesh.registry.watch(giveUp.signal)) {
      const { agents } = await mesh.registry.list();
      if (names.every((name) => agents.some(({ agent, state }) => agent === name && state === 'ready'))) return;
    }
  };
  try {
    const late = () => new Error(`${names.join(', ')} did not become ready within ${readyTimeoutMs} ms`);
    await within(ready(), readyTimeoutMs, late);
  } finally {
    giveUp.abort();
    await mesh.close();
  }
}

const CLOSE_MS = 10_000;
const AT_A_TIME = 16;
const LOG_SHOWN = 2_000;
