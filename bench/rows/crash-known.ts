/**
 * From SIGKILL of an agent to what others see of it: the row of its node, and a watcher of the registry on the other
 * machine. Of the kills of one run the 99th percentile counts.
 */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { within } from '../../common/core/clock.js';
import { instanceOf } from '../../common/protocol/name.js';
import { BenchFleet } from '../fleets/bench-fleet.js';
import { quantile } from '../measure/median.js';
import type { BoundRow, Side, Size } from '../measure/row.js';
import { machineMs } from '../work/worker-channel.js';

const EFFORT = {
  whole: { agents: { main: 1, pc2: 10 }, kills: 100 },
  quick: { agents: { main: 1, pc2: 2 }, kills: 4 },
} as const;
/** Killed over and over, and wanted back at once. */
const ENTRY = { restart: { starts: 1_000, windowMs: 1_000, firstMs: 10, maxMs: 10 } };

export const crashKnown: BoundRow = {
  kind: 'bound',
  name: 'crash-known',
  title: 'kill -9 of an agent to the row of its node, p99',
  unit: 'ms',
  bound: 50,
  openOurs: (size) => openSide(size, nodeSees),
};

export const crashSeen: BoundRow = {
  kind: 'bound',
  name: 'crash-seen',
  title: 'kill -9 of an agent to a registry watcher on the other machine, p99',
  unit: 'ms',
  bound: 250,
  openOurs: (size) => openSide(size, watcherSees),
};

interface Meshes {
  readonly main: MeshClient;
  readonly pc2: MeshClient;
}

/** Resolves when it is seen that the incarnation of that agent on pc2 serves no longer. */
type Seen = (meshes: Meshes, agent: string, epoch: number, signal: AbortSignal) => Promise<void>;

const nodeSees: Seen = async ({ pc2 }, agent, epoch) => {
  for (;;) {
    const { agents } = await pc2.request('node', 'node.ps', {});
    if (!agents.some((row) => row.agent === agent && row.epoch === epoch && row.state === 'ready')) return;
  }
};

const watcherSees: Seen = async ({ main }, agent, epoch, signal) => {
  for await (const { snapshot, changes = [] } of main.registry.watch(signal)) {
    const views = snapshot?.agents ?? changes.flatMap((change) => change.agent ?? []);
    const view = views.find(({ instance }) => instance === instanceOf(agent, 'pc2'));
    if (view !== undefined && (view.epoch !== epoch || view.state !== 'ready')) return;
  }
};

async function openSide(size: Size, seen: Seen): Promise<Side> {
  const { agents, kills } = EFFORT[size];
  const fleet = await BenchFleet.open({ agents, entry: ENTRY });
  const clients: MeshClient[] = [];
  const connect = async (node: string) => {
    const client = await MeshClient.connect({ node, name: 'bench' });
    clients.push(client);
    return client;
  };
  const close = async () => {
    for (const client of clients) await client.close();
    await fleet.close();
  };
  try {
    await fleet.up();
    const meshes = { main: await connect(fleet.nodes.main), pc2: await connect(fleet.nodes.pc2) };
    const measure = async (): Promise<number> => {
      const figures: number[] = [];
      for (let kill = 0; kill < kills; kill++) {
        figures.push(await killOne(meshes, `echo-${(kill % agents.pc2) + 1}`, seen));
      }
      return quantile(figures, 0.99);
    };
    return { measure, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function killOne(meshes: Meshes, agent: string, seen: Seen): Promise<number> {
  const { pid, epoch } = await readyEverywhere(meshes, agent);
  const ending = new AbortController();
  try {
    const sight = seen(meshes, agent, epoch, ending.signal);
    const startMs = machineMs();
    process.kill(pid, 'SIGKILL');
    await within(sight, GIVE_UP_MS, () => new Error(`nobody saw the end of ${agent} within ${GIVE_UP_MS} ms`));
    const seenMs = machineMs() - startMs;
    // One death at a time: a process that is starting takes the processor that the next one is to be seen with.
    await readyEverywhere(meshes, agent);
    return seenMs;
  } finally {
    ending.abort();
  }
}

/** On both machines, so that what is seen next is the end of this incarnation. */
async function readyEverywhere({ main, pc2 }: Meshes, agent: string): Promise<{ pid: number; epoch: number }> {
  const giveUp = AbortSignal.timeout(GIVE_UP_MS);
  for await (const _ of main.registry.watch(giveUp)) {
    const [there] = await main.registry.find({ agent, machine: 'pc2', state: 'ready' });
    const [here] = await pc2.registry.find({ agent, machine: 'pc2', state: 'ready' });
    if (here !== undefined && here.epoch === there?.epoch) return here;
  }
  throw new Error(`${agent} was not ready again within ${GIVE_UP_MS} ms`);
}

const GIVE_UP_MS = 20_000;
