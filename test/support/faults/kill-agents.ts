/** Workers are killed in the middle of their work: each is back, and does again exactly the turn that was not stored. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Measure } from '../oracle/figures.js';
import type { Fault } from './fault.js';

const BACK: Measure = { what: 'a killed agent is ready again', unit: 'ms', of: 'p99', atMost: 1_000, isTight: true };
const KILLS_SHORT = 3;
const KILLS_LONG = 30;
/** In the long form: the fleet is mostly whole, as it would be. */
const BETWEEN_MS = 2_000;

export const killAgents: Fault = {
  name: 'kill-agents',
  what: 'SIGKILL to one worker after the other',
  async round(world, random, isLong) {
    for (let kill = 0; kill < (isLong ? KILLS_LONG : KILLS_SHORT); kill++) {
      const { machine, agent } = random.pick(world.workers);
      await world.sparing([`${agent}@${machine.name}`], async () => {
        const { epoch } = await machine.kill(agent);
        const killedMs = performance.now();
        await machine.successor(agent, epoch);
        world.figures.add(BACK, performance.now() - killedMs);
      });
      if (isLong) await pause(BETWEEN_MS);
    }
  },
};
