/** An agent dies at each step of its life; whichever it was, one incarnation follows, and does what was not done. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultWorld } from '../fleet/fault-world.js';
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
        const file = join(pc2.home, `halted-${AGENT}`);
        rmSync(file, { force: true });
        if (step !== 'spawned') writeFileSync(join(pc2.home, `halt-${AGENT}`), step);
        if (step === 'drain') await pc2.ask('node.restart', { agent: AGENT });
        else await pc2.kill(AGENT);
        const victim = await waitFor(`${AGENT} to be at ${step}`, () =>
          step === 'spawned' ? spawned(world, epoch) : halted(file),
        );
        rmSync(join(pc2.home, `halt-${AGENT}`), { force: true });
        kill(victim.pid);
        // Of the one that died here, whichever it was: a slow box may have seen it ready before it was killed.
        await pc2.successor(AGENT, victim.epoch);
      }
    }),
};

interface Incarnation {
  readonly pid: number;
  readonly epoch: number;
}

/** The incarnation after `last`, as soon as it is a process. */
function spawned(world: FaultWorld, last: number): Incarnation | undefined {
  for (const { agent, pid, epoch = 0 } of world.residents(world.fleet.pc2)) {
    if (agent === AGENT && epoch > last) return { pid, epoch };
  }
  return undefined;
}

/** The one that stands still, by its own word. */
function halted(file: string): Incarnation | undefined {
  if (!existsSync(file)) return undefined;
  const [pid = 0, epoch = 0] = readFileSync(file, 'utf8').split(' ').map(Number);
  return { pid, epoch };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Its grace time ended before a slow box came here.
  }
}
