/** A real broker of main as a process that can be killed, with its file; who emits into its log, and who consumes it. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MeshClient } from '../../../agents/sdk/mesh-client.js';
import { limits } from '../../../common/core/limits.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { Chain, connect, temporaryFolder } from '../../broker/world.js';
import { freePorts } from '../../support/network/free-addresses.js';
import { BrokerProgram } from '../../support/processes/broker-program.js';
import { FailpointFolder } from '../../support/processes/failpoint-folder.js';

const HOST = 'tcp://127.0.0.1';

export class LogWorld {
  readonly #folder = temporaryFolder();
  readonly #meshes: MeshClient[] = [];
  readonly #chains = new Map<string, Chain>();
  readonly problems: unknown[] = [];
  /** Where the broker can be made to die by itself. */
  readonly failpoints = new FailpointFolder(join(this.#folder.path, 'failpoints'));
  #broker: BrokerProgram | undefined;
  #writer: RequestClient | undefined;
  #endpoint = '';

  async open(): Promise<void> {
    const [port = 0] = await freePorts(1);
    this.#endpoint = `${HOST}:${port}`;
    await this.start();
    this.#writer = connect(this.#endpoint);
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  get file(): string {
    return join(this.#folder.path, 'mesh.db');
  }

  async start(): Promise<void> {
    const anywhere = `${HOST}:0`;
    this.#broker = new BrokerProgram(
      {
        machine: 'main',
        role: 'main',
        epoch: 1,
        bind: { broker: anywhere, publish: anywhere, subscribe: anywhere, registry: anywhere, log: this.#endpoint },
        logFile: this.file,
      },
      { env: this.failpoints.env },
    );
    await this.#broker.ready();
  }

  /** It has died by itself. */
  async exited(): Promise<void> {
    await this.#broker?.exited;
  }

  async kill(): Promise<void> {
    await this.#broker?.kill('SIGKILL');
  }

  /** Its file as it is, for `putBack`; while the broker is dead. */
  backUp(): void {
    for (const suffix of ['', '-wal'])
      if (existsSync(this.file + suffix)) copyFileSync(this.file + suffix, `${this.file}.kept${suffix}`);
  }

  /** Its file is what it was at the backup, or gone when there was none; while the broker is dead. */
  putBack(): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(this.file + suffix, { force: true });
    for (const suffix of ['', '-wal']) {
      const kept = `${this.file}.kept${suffix}`;
      if (existsSync(kept)) copyFileSync(kept, this.file + suffix);
    }
  }

  /** Records in main's log, as the node of `machine` would send them; their bodies are `{seq}` unless told otherwise. */
  async emit(count: number, stream = 'work', machine = 'pc2'): Promise<void> {
    const chain = this.#chains.get(machine) ?? new Chain(machine, 'emitter');
    this.#chains.set(machine, chain);
    await this.log.request('log.append', chain.next(count, stream));
  }

  /** The log, asked plainly. */
  get log(): RequestClient {
    if (this.#writer === undefined) throw new Error('the world is not open');
    return this.#writer;
  }

  /** A program with a connection of its own to that log; it has no node. */
  mesh(name: string): MeshClient {
    const mesh = meshOf(this.#endpoint, name, (error) => this.problems.push(error));
    this.#meshes.push(mesh);
    return mesh;
  }

  async close(): Promise<void> {
    await Promise.all(this.#meshes.map((mesh) => mesh.close()));
    this.#writer?.close();
    await this.#broker?.kill('SIGKILL');
    this.#folder.remove();
  }
}

/** The mesh of a program whose node is nowhere: it can consume, and nothing else. */
export function meshOf(log: string, name: string, onConsumerError: (error: unknown) => void): MeshClient {
  const nowhere = `${HOST}:9`;
  const node = new RequestClient({
    endpoint: nowhere,
    name,
    peer: 'no node',
    frameBytesMax: limits.controlFrameBytesMax,
  });
  const welcome = { mesh: 'test', machine: 'main', role: 'main', epoch: 1, protocol: 1 } as const;
  return new MeshClient({ node: nowhere, name, onConsumerError }, node, {
    ...welcome,
    registry: nowhere,
    log,
    brokers: [],
  });
}
