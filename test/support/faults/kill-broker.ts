/** Main's broker is killed: the next one knows every agent again, without anybody being started anew, and main has all records. */
import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../../../common/core/limits.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import type { FaultWorld } from '../fleet/fault-world.js';
import { mainPorts } from '../fleet/test-fleet.js';
import type { Measure } from '../oracle/figures.js';
import { waitUntil } from '../wait-for.js';
import type { Fault } from './fault.js';

const BACK: Measure = {
  what: 'every agent is in the registry again after its broker was killed',
  unit: 'ms',
  of: 'max',
  atMost: 10_000,
};
const KILLS_SHORT = 2;
const KILLS_LONG = 20;
/** In the long form: the fleet is mostly whole, as it would be. */
const BETWEEN_MS = 1_000;

export const killBroker: Fault = {
  name: 'kill-broker',
  what: "SIGKILL to main's broker, again and again",
  round: (world, _random, isLong) =>
    world.sparing(['broker@main'], async () => {
      const { main } = world.fleet;
      for (let kill = 0; kill < (isLong ? KILLS_LONG : KILLS_SHORT); kill++) {
        const ready = (await world.rows()).filter(({ agent, state }) => agent !== 'broker' && state === 'ready');
        const { epoch } = await main.kill('broker');
        const killedMs = performance.now();
        await untilRegistered(
          world,
          epoch,
          ready.map(({ instance }) => instance),
        );
        world.figures.add(BACK, performance.now() - killedMs);
        await main.successor('broker', epoch);
        if (isLong) await pause(BETWEEN_MS);
      }
    }),
};

/** Asks the registry itself: the copies of the nodes outlive it. */
async function untilRegistered({ fleet }: FaultWorld, oldEpoch: number, instances: readonly string[]): Promise<void> {
  const registry = new RequestClient({
    endpoint: `tcp://${fleet.places.main.own}:${mainPorts.registry}`,
    name: 'test',
    peer: 'the registry',
    frameBytesMax: limits.controlFrameBytesMax,
  });
  try {
    await waitUntil('the registry to have everybody', async () => {
      if ((await registry.request('mesh.ping', {}, ASK)).epoch <= oldEpoch) return false;
      const { agents } = await registry.request('registry.list', {}, ASK);
      const serving = agents.filter(({ state, reachable }) => state === 'ready' && reachable);
      const known = new Set(serving.map(({ instance }) => instance));
      return instances.every((instance) => known.has(instance));
    });
  } finally {
    registry.close();
  }
}

const ASK = { timeoutMs: 1_000 };
