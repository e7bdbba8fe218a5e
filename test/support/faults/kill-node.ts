/** A node is killed: its agents work on, the next node takes them over as they are, and what died meanwhile is back. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Measure } from '../oracle/figures.js';
import type { Fault } from './fault.js';

const WHOLE: Measure = { what: 'a machine whose node was killed is whole', unit: 'ms', of: 'max', atMost: 10_000 };
const AWAY_MS_MAX = 500;

export const killNode: Fault = {
  name: 'kill-node',
  what: 'SIGKILL to a node, and sometimes to a worker of it while it is away',
  async round(world, random) {
    const machine = random.pick(world.fleet.machines);
    const orphan = random.pick(world.workers.filter((worker) => worker.machine === machine));
    const diesMeanwhile = random.next() < 0.5;
    await world.sparing(diesMeanwhile ? [`${orphan.agent}@${machine.name}`] : [], async () => {
      const { pid, epoch } = await machine.process(orphan.agent);
      await machine.killNode();
      if (diesMeanwhile) process.kill(pid, 'SIGKILL');
      await pause(random.between(0, AWAY_MS_MAX));
      const startedMs = performance.now();
      machine.start();
      await world.whole();
      if (diesMeanwhile) await machine.successor(orphan.agent, epoch);
      world.figures.add(WHOLE, performance.now() - startedMs);
    });
  },
};
