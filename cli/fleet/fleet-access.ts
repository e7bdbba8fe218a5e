/**
 * The ways from a command into a running fleet: the nodes of its machines, main's log, an agent's own socket, and the
 * mesh as a client sees it. Each way is tried once, for as long as `limits.cliConnectTimeoutMs`; what cannot be reached is
 * UNREACHABLE with the address that was tried. All are opened when first asked for and closed together.
 */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { isLocalAddress, localMachines } from '../../common/config/machines/local-machine.js';
import { MeshError, messageOf, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Input, MethodName, Output } from '../../common/protocol/catalogue.js';
import { RequestClient, type RequestOptions } from '../../common/wire/asking/request-client.js';
import { nextStepFor } from './silent-machine.js';

/** What one machine said, or why it said nothing. */
export type MachineAnswer<Body> =
  | { readonly machine: MachineConfig; readonly body: Body }
  | { readonly machine: MachineConfig; readonly error: MeshError };

/** Who the command line is to the mesh: in logs, and as the agent of records that it emits. */
const CLIENT_NAME = 'cli';

export class FleetAccess {
  readonly #clients = new Map<string, Promise<RequestClient>>();
  #mesh: Promise<MeshClient> | undefined;

  /** @param asked the machine that was named by flag or variable. */
  constructor(
    readonly fleet: FleetConfig,
    readonly asked: string | undefined,
  ) {}

  /** The node of one machine. @throws MeshError UNREACHABLE */
  node(machine: MachineConfig): Promise<RequestClient> {
    return this.#client(machine.endpoints.node, `the node of ${machine.name}`, limits.controlFrameBytesMax, () =>
      nextStepFor(this.fleet.home, machine),
    );
  }

  /** Main's log. @throws MeshError UNREACHABLE */
  log(): Promise<RequestClient> {
    const { main } = this.fleet;
    return this.#client(main.endpoints.log, `the log on ${main.name}`, limits.logFrameBytesMax, () =>
      isLocalAddress(main.address)
        ? `main's broker is away: see "mesh ps" and "mesh logs broker@${main.name}", or start it with "mesh up ${main.name}"`
        : `main's broker is away, or the link to ${main.address} is cut`,
    );
  }

  /** The control socket of an agent or broker. @throws MeshError UNREACHABLE */
  control(endpoint: string, name: string): Promise<RequestClient> {
    return this.#client(endpoint, name, limits.callFrameBytesMax, () => 'see "mesh ps" for its state');
  }

  /** The same question to several machines at once. */
  async askEach<M extends MethodName>(
    machines: readonly MachineConfig[],
    method: M,
    body: Input<M>,
    options: RequestOptions = {},
  ): Promise<MachineAnswer<Output<M>>[]> {
    return Promise.all(
      machines.map(async (machine) => {
        try {
          const node = await this.node(machine);
          return { machine, body: await node.request(method, body, options) };
        } catch (error) {
          return { machine, error: toMeshError(error) };
        }
      }),
    );
  }

  /** The machines whose nodes may be asked on behalf of the mesh, best first. */
  get doors(): readonly MachineConfig[] {
    const { machines, main } = this.fleet;
    const named = this.asked === undefined ? undefined : machines.get(this.asked);
    if (named !== undefined) return [named];
    const [nearest] = localMachines(machines.values()).filter((name) => name !== main.name);
    const local = nearest === undefined ? undefined : machines.get(nearest);
    return local === undefined ? [main] : [main, local];
  }

  /** The mesh through the first door that opens. @throws MeshError UNREACHABLE with every door that was tried */
  mesh(): Promise<MeshClient> {
    this.#mesh ??= this.#openMesh();
    return this.#mesh;
  }

  async close(): Promise<void> {
    const mesh = await this.#mesh?.catch(() => undefined);
    await mesh?.close();
    for (const client of this.#clients.values()) (await client.catch(() => undefined))?.close();
  }

  async #openMesh(): Promise<MeshClient> {
    // Knocked at together, so that a dead first door does not cost its time twice.
    const attempts = this.doors.map((machine) => ({
      machine,
      client: MeshClient.connect({
        node: machine.endpoints.node,
        name: CLIENT_NAME,
        timeoutMs: limits.cliConnectTimeoutMs,
      }),
    }));
    for (const { client } of attempts) client.catch(() => undefined);
    const tried: string[] = [];
    for (const [index, { machine, client }] of attempts.entries()) {
      try {
        const opened = await client;
        for (const other of attempts.slice(index + 1))
          other.client.then((unused) => unused.close()).catch(() => undefined);
        return opened;
      } catch (error) {
        const { code } = toMeshError(error);
        if (code !== 'UNREACHABLE' && code !== 'TIMED_OUT' && code !== 'CONNECTION_LOST') throw error;
        tried.push(`${machine.name} at ${machine.endpoints.node}`);
      }
    }
    const [first] = attempts;
    throw new MeshError('UNREACHABLE', `no node of the mesh answers; tried ${tried.join(' and ')}`, {
      ...(first === undefined ? {} : { hint: nextStepFor(this.fleet.home, first.machine) }),
      details: { tried },
    });
  }

  #client(endpoint: string, peer: string, frameBytesMax: number, hint: () => string): Promise<RequestClient> {
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const client = connect({ endpoint, peer, frameBytesMax }, hint);
    this.#clients.set(endpoint, client);
    client.catch(() => this.#clients.delete(endpoint)); // whoever follows may try again
    return client;
  }
}

/** @throws MeshError UNREACHABLE when nothing there answers in time: also what accepts connections and then is silent */
async function connect(
  target: { readonly endpoint: string; readonly peer: string; readonly frameBytesMax: number },
  hint: () => string,
): Promise<RequestClient> {
  const client = new RequestClient({ ...target, name: CLIENT_NAME });
  try {
    await client.request('mesh.ping', {}, { timeoutMs: limits.cliConnectTimeoutMs });
    return client;
  } catch (error) {
    client.close();
    const { code } = toMeshError(error);
    if (code !== 'UNREACHABLE' && code !== 'TIMED_OUT' && code !== 'CONNECTION_LOST') throw error;
    throw new MeshError('UNREACHABLE', messageOf(error), { hint: hint(), details: { tried: [target.endpoint] } });
  }
}
