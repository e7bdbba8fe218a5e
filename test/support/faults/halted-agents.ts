/** An agent dies at each step of its life; whichever it was, one incarnation follows, and does what was not done. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultWorld } from '../fault-world.js';
import { waitFor } from '../wait-for.js';
import type { Fault } from './fault.js';

const AGENT = 'worker-1';
/** spawned: before it has run a line of its own; the others as in the fixture. */
const STEPS = ['spawned', 'load', 'start', 'drain'] as const;

export const haltedAgents: Fault = {
  name: 'halted-agents',
  what: 'SIGKILL to a worker that has just been spawned, while it loads, after it attached, and while it drains',
  round: (world) =>
    world.sparing([`${AGENT}@pc2`], async () => {
      const { pc2 } = world.fleet;
      for (const step of STEPS) {
        const { epoch } = await pc2.process(AGENT);
        const halted = join(pc2.home, `halted-${AGENT}`);
        rmSync(halted, { force: true });
        if (step !== 'spawned') writeFileSync(join(pc2.home, `halt-${AGENT}`), step);
        if (step === 'drain') await pc2.ask('node.restart', { agent: AGENT });
        else await pc2.kill(AGENT);
        const pid = await waitFor(`${AGENT} to be at ${step}`, () =>
          step === 'spawned' ? spawned(world, epoch) : readPid(halted),
        );
        rmSync(join(pc2.home, `halt-${AGENT}`), { force: true });
        process.kill(pid, 'SIGKILL');
        await pc2.successor(AGENT, epoch);
      }
    }),
};

/** The incarnation after `epoch`, as soon as it is a process. */
function spawned(world: FaultWorld, epoch: number): number | undefined {
  const { pc2 } = world.fleet;
  return world.residents(pc2).find((found) => found.agent === AGENT && (found.epoch ?? 0) > epoch)?.pid;
}

const readPid = (file: string): number | undefined =>
  existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
