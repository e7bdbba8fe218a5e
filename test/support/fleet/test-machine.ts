/**
 * One machine of a fleet under test: its folder, and its node as a real process that can be started, asked, killed and
 * stopped. `close` ends the node and answers which processes it left behind, after it has ended those too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../../agents/node/keeper/node-flags.js';
import { signalProcess } from '../../../agents/node/programs/child-process.js';
import { MeshClient } from '../../../agents/sdk/index.js';
import { limits } from '../../../common/core/limits.js';
import { findProcesses, tokenOf } from '../../../common/core/process-scan.js';
import type { Input, MethodName, Output, ProcessRowBody } from '../../../common/protocol/catalogue.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { waitFor, waitUntil } from '../wait-for.js';

const NODE_PROGRAM = fileURLToPath(new URL('../../../agents/node/main.js', import.meta.url));
/** Asking again is better than waiting for a node that is just being killed. */
const ASK_MS = 2_000;

export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TestMachineOptions {
  readonly name: string;
  /** The fleet folder as this machine has it. */
  readonly home: string;
  /** Where its node listens: `tcp://host:port`. */
  readonly node: string;
  /** What runs the node, before its own command line: `ip netns exec NAME`. */
  readonly runner?: readonly string[];
}

export class TestMachine {
  readonly name: string;
  readonly home: string;
  readonly #nodeEndpoint: string;
  readonly #runner: readonly string[];
  #node: ChildProcess | undefined;
  #exited: Promise<NodeExit> | undefined;
  #asking: RequestClient | undefined;
  #mesh: Promise<MeshClient> | undefined;

  constructor({ name, home, node, runner = [] }: TestMachineOptions) {
    this.name = name;
    this.home = home;
    this.#nodeEndpoint = node;
    this.#runner = runner;
  }

  get data(): string {
    return join(this.home, 'data', this.name);
  }

  /** Main's log; on main only. */
  get logFile(): string {
    return join(this.data, 'mesh.db');
  }

  get nodePid(): number {
    return this.#node?.pid ?? 0;
  }

  /** Starts a node and does not wait for it. */
  start(env: Readonly<Record<string, string>> = {}): void {
    mkdirSync(this.home, { recursive: true });
    const output = openSync(join(this.home, `${this.name}.node.log`), 'a');
    const [program = '', ...argv] = [...this.#runner, process.execPath, ...nodeFlags({}), NODE_PROGRAM];
    const node = spawn(program, argv, {
      env: { PATH: process.env['PATH'], MESH_HOME: this.home, MESH_MACHINE: this.name, ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.#node = node;
    this.#exited = once(node, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  /** Resolves when the node, its broker and all its agents are ready and main can be reached. */
  async ready(ms?: number): Promise<void> {
    const isReady = async () => {
      const { phase, problems, readyCount, agentCount } = await this.ask('node.status', {});
      if (phase === 'ready') return true;
      throw new Error(`it is ${phase} with ${readyCount} of ${agentCount} agents ${problems.join('; ')}`.slice(0, 500));
    };
    await waitUntil(`${this.name} to be ready`, isReady, ms);
  }

  /** Resolves when its copy of the registry has these machines in reach with all their agents ready. */
  async sees(names: readonly string[], ms?: number): Promise<void> {
    const seesAll = async () => {
      const { machines, agents } = await this.ask('registry.list', {});
      const inReach = new Set(machines.filter(({ reachable }) => reachable).map(({ machine }) => machine));
      return names.every((name) => inReach.has(name)) && agents.every(({ state }) => state === 'ready');
    };
    await waitUntil(`${this.name} to see ${names.join(' and ')}`, seesAll, ms);
  }

  /** Resolves with how the node ended. */
  async exit(): Promise<NodeExit> {
    if (this.#exited === undefined) throw new Error(`the node of ${this.name} was not started`);
    const exit = await this.#exited;
    this.#node = undefined;
    return exit;
  }

  /** SIGKILL to the node alone. */
  async killNode(): Promise<void> {
    this.#node?.kill('SIGKILL');
    await this.exit();
  }

  async stop(): Promise<NodeExit> {
    this.#node?.kill('SIGTERM');
    return this.exit();
  }

  /** One question to its node. */
  ask<M extends MethodName>(method: M, body: Input<M>): Promise<Output<M>> {
    this.#asking ??= new RequestClient({
      endpoint: this.#nodeEndpoint,
      name: 'test',
      peer: `the node of ${this.name}`,
      frameBytesMax: limits.controlFrameBytesMax,
    });
    return this.#asking.request(method, body, { timeoutMs: ASK_MS });
  }

  /** A program on this machine, connected to the mesh. */
  mesh(): Promise<MeshClient> {
    this.#mesh ??= MeshClient.connect({ node: this.#nodeEndpoint, name: 'test' });
    return this.#mesh;
  }

  async call(target: string, input: unknown = {}): Promise<unknown> {
    return (await this.mesh()).call(target, input);
  }

  /** `broker`, or an agent of this machine. */
  async process(name: string): Promise<ProcessRowBody> {
    const { agents } = await this.ask('node.ps', {});
    const row = agents.find(({ agent }) => agent === name);
    if (row === undefined) throw new Error(`${this.name} has no ${name}`);
    return row;
  }

  /** SIGKILL to the broker or an agent; the row is of the incarnation that died. */
  async kill(name: string): Promise<ProcessRowBody> {
    const row = await this.process(name);
    if (row.pid === 0) throw new Error(`${name} of ${this.name} does not run: it is ${row.state}`);
    process.kill(row.pid, 'SIGKILL');
    return row;
  }

  /** The next incarnation after `epoch`, when it is ready. */
  async successor(name: string, epoch: number): Promise<ProcessRowBody> {
    return waitFor(`${name} of ${this.name} to be back`, async () => {
      const row = await this.process(name);
      return row.epoch > epoch && row.state === 'ready' ? row : undefined;
    });
  }

  /** All that its node and its processes wrote. */
  get outputs(): string {
    const logs = join(this.data, 'logs');
    const files = existsSync(logs)
      ? readdirSync(logs)
          .filter((name) => name.endsWith('.log'))
          .map((name) => join(logs, name))
      : [];
    return [join(this.home, `${this.name}.node.log`), ...files]
      .filter((file) => existsSync(file))
      .map((file) => `--- ${file}\n${readFileSync(file, 'utf8').slice(-OUTPUT_SHOWN)}`)
      .join('\n');
  }

  /** Of its agents that live. */
  socketFiles(): string[] {
    const folder = join(this.home, 'data', this.name, 'ipc');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  /** What was left behind, one sentence each. Idempotent. */
  async close(): Promise<string[]> {
    await (await this.#mesh?.catch(() => undefined))?.close();
    this.#asking?.close();
    const faults: string[] = [];
    if (this.#node !== undefined) {
      const { code, signal } = await this.stop();
      if (code !== 0) faults.push(`the node of ${this.name} ended with ${code ?? signal}`);
      else faults.push(...this.socketFiles().map((file) => `the socket ${file} of ${this.name} was left behind`));
    }
    for (const { pid, env } of findProcesses(tokenOf(this.home, this.name))) {
      faults.push(`${env['MESH_AGENT']} of ${this.name} was left behind as ${pid}`);
      signalProcess(pid, 'SIGKILL');
    }
    return faults;
  }
}

const OUTPUT_SHOWN = 8_000;
