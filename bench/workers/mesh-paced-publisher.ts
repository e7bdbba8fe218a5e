/** Publishes at a steady pace, each event with the time at which it was. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { delay } from '../../common/core/clock.js';
import { EVENTS_TOPIC } from '../work/load.js';
import { argumentAt, machineMs, serveTasks } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-publisher' });

serveTasks({
  /** @returns how many it published */
  publish: async (durationMs) => {
    let count = 0;
    for (const endMs = machineMs() + durationMs; machineMs() < endMs; await delay(EVERY_MS)) {
      for (let i = 0; i < TOGETHER; i++) mesh.publish(EVENTS_TOPIC, { atMs: machineMs(), text: TEXT });
      count += TOGETHER;
    }
    return count;
  },
});

const EVERY_MS = 1;
const TOGETHER = 20;
/** So large that a subscriber which takes nothing is beyond every queue after a moment. */
const TEXT = 'x'.repeat(500);
