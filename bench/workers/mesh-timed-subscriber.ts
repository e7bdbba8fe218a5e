/** Takes the time of each event, from its publishing to its handler. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { quantile } from '../measure/median.js';
import { EVENTS_TOPIC } from '../work/load.js';
import { argumentAt, machineMs, serveTasks } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-subscriber' });
let tookMs: number[] = [];
mesh.subscribe(EVENTS_TOPIC, (body) => {
  const { atMs } = body as { readonly atMs: number };
  tookMs.push(machineMs() - atMs);
});

serveTasks({
  heard: () => tookMs.length,
  /** The 99th percentile in milliseconds since it was asked last. */
  slowest: () => {
    const times = tookMs;
    tookMs = [];
    return quantile(times, 0.99);
  },
});
