/**
 * The central broker dies: what does not need it goes on, what needs it recovers by itself, and its registry is whole
 * again before anybody could look twice.
 */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { echo, fixture, mainPorts, type TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const agents = { echo, caller: fixture('caller') };
const INSTANCES = ['caller@main', 'echo@main', 'caller@pc2', 'echo@pc2'];
/** The promise of the registry: whole again this long after the broker's return. */
const WHOLE_MS = 2_000;

interface Seen {
  readonly events: readonly { readonly topic: string; readonly body: unknown }[];
  readonly missed: number;
}

const seenBy = async (machine: TestMachine): Promise<Seen> =>
  (await machine.call(`caller@${machine.name}.seen`)) as Seen;

const publish = (from: TestMachine, topic: string, body: unknown = 'event') =>
  from.call(`caller@${from.name}.publish`, { topic, body });

/** Publishes on `topic` until it is heard: true once the way between them is open. */
async function untilHeard(from: TestMachine, to: TestMachine, topic: string): Promise<void> {
  await waitUntil(`${to.name} to hear ${from.name} on ${topic}`, async () => {
    await publish(from, topic);
    return (await seenBy(to)).events.some((event) => event.topic === topic);
  });
}

/** Everything that must work on a machine without the central broker. */
async function expectLocalLife(machine: TestMachine, topic: string): Promise<void> {
  const { name } = machine;
  const input = { target: `echo@${name}.say`, input: { text: topic } };
  expect(await machine.call(`caller@${name}.call`, input)).to.include({ text: topic });
  const { instances } = (await machine.call(`caller@${name}.find`, { agent: 'echo' })) as {
    instances: { instance: string }[];
  };
  expect(instances.map(({ instance }) => instance)).to.deep.equal(['echo@main', 'echo@pc2']);
}

/** Kills main's broker and leaves it dead: without its node nobody starts it again. */
async function killBrokerForGood({ main }: TestFleet): Promise<void> {
  const { pid } = await main.process('broker');
  await main.killNode();
  process.kill(pid, 'SIGKILL');
}

/** How long after its broker's first answer the registry has everything; the epoch of that broker. */
async function measureRecovery(fleet: TestFleet, oldEpoch: number, instances = INSTANCES): Promise<number> {
  const registry = new RequestClient({
    endpoint: `tcp://${fleet.places.main.own}:${mainPorts.registry}`,
    name: 'test',
    peer: 'the registry',
    frameBytesMax: limits.controlFrameBytesMax,
  });
  try {
    await waitUntil('the broker to be back', async () => (await registry.request('mesh.ping', {})).epoch > oldEpoch);
    const backMs = performance.now();
    await waitUntil('the registry to be whole', async () => {
      const { agents: known } = await registry.request('registry.list', {});
      const serving = known.filter(({ state, reachable }) => state === 'ready' && reachable);
      return instances.every((wanted) => serving.some(({ instance }) => instance === wanted));
    });
    return performance.now() - backMs;
  } finally {
    registry.close();
  }
}

describe('the loss of the central broker', () => {
  const fleet = useFleet({ main: agents, pc2: agents });
  afterEach(() => fleet().link.restore());

  before(async () => {
    const { main, pc2 } = fleet();
    for (const machine of [main, pc2]) {
      await machine.call(`caller@${machine.name}.subscribe`, { pattern: 'test.>' });
      await untilHeard(machine, machine, `test.${machine.name}`);
    }
    await untilHeard(main, pc2, 'test.across');
  });

  it('is healed by its node: publishes and watches go on, and the registry is whole within two seconds', async () => {
    const { main, pc2 } = fleet();
    const ending = new AbortController();
    const states: string[] = [];
    const watch = (async () => {
      for await (const { changes = [] } of (await pc2.mesh()).registry.watch(ending.signal))
        for (const { agent } of changes) if (agent !== undefined) states.push(`${agent.instance} ${agent.state}`);
    })();
    const died = await main.kill('broker');
    expect(await measureRecovery(fleet(), died.epoch)).to.be.lessThan(WHOLE_MS);

    await untilHeard(main, pc2, 'test.main.healed');
    await untilHeard(pc2, main, 'test.pc2.healed');
    const { epoch } = await main.kill('echo');
    await main.successor('echo', epoch);
    await waitFor("pc2's watch to tell of it", () => states.find((state) => state === 'echo@main ready'));
    ending.abort();
    await watch;
  });

  it('stops no call, no look-up and none of the events of pc2 while it lasts', async () => {
    const { main, pc2 } = fleet();
    const { epoch } = await main.process('broker');
    await killBrokerForGood(fleet());
    await expectLocalLife(pc2, 'without the broker');
    const across = { target: 'echo@main.say', input: { text: 'across' } };
    expect(await pc2.call('caller@pc2.call', across)).to.include({ text: 'across' });
    await untilHeard(pc2, pc2, 'test.pc2.alone');

    main.start();
    expect(await measureRecovery(fleet(), epoch)).to.be.lessThan(WHOLE_MS);
    await main.ready();
    await untilHeard(main, pc2, 'test.main.again');
    await untilHeard(pc2, main, 'test.pc2.again');
  });

  it('and of the link with it stops nothing on either side, and both recover in any order', async () => {
    const { main, pc2, link } = fleet();
    link.cut();
    const died = await main.kill('broker');
    await expectLocalLife(pc2, 'cut off');
    await untilHeard(pc2, pc2, 'test.pc2.cut');
    await main.successor('broker', died.epoch);
    await expectLocalLife(main, 'cut off');
    await untilHeard(main, main, 'test.main.cut');
    link.restore();
    await waitUntil('main to reach pc2 again', async () => {
      const { machines } = await main.ask('registry.list', {});
      return machines.every(({ reachable }) => reachable);
    });
    await untilHeard(main, pc2, 'test.main.mended');
    await untilHeard(pc2, main, 'test.pc2.mended');
    await Promise.all([main.ready(), pc2.ready()]);
  });

  it('is known as what it is: a machine out of reach stays listed, with the age of that knowledge', async () => {
    const { main, link } = fleet();
    link.freeze();
    const lost = await waitFor('main to miss pc2', async () => {
      const { machines, agents: known } = await main.ask('registry.list', {});
      const row = machines.find(({ machine, reachable }) => machine === 'pc2' && !reachable);
      return row && { row, agents: known.filter(({ machine }) => machine === 'pc2') };
    });
    expect(lost.row.ageMs).to.be.greaterThan(limits.heartbeatTimeoutMs);
    expect(lost.agents.map(({ instance, reachable }) => [instance, reachable])).to.deep.equal([
      ['caller@pc2', false],
      ['echo@pc2', false],
    ]);
    link.restore();
    await waitUntil('pc2 to be back', async () => {
      const { machines } = await main.ask('registry.list', {});
      return machines.every(({ reachable }) => reachable);
    });
  });
});
