/** Everybody is asked to end at once, as at a shutdown of the box: all do, nodes with 0, and the next start has it all. */
import type { Measure } from '../oracle/figures.js';
import { waitUntil } from '../wait-for.js';
import type { Fault } from './fault.js';

const GONE: Measure = { what: 'after SIGTERM to everybody nobody is left', unit: 'ms', of: 'max', atMost: 10_000 };
const UNSOUND: Measure = { what: 'nodes that did not end with 0 then', unit: '', of: 'sum', atMost: 0 };

export const sigterm: Fault = {
  name: 'sigterm',
  what: 'SIGTERM to every process of both machines at once; then both are started again',
  async round(world) {
    const { machines } = world.fleet;
    const askedMs = performance.now();
    for (const { pid } of world.residents()) signal(pid);
    for (const { nodePid } of machines) signal(nodePid);
    const ends = await Promise.all(machines.map((machine) => machine.exit()));
    await waitUntil('all to be gone', () => world.residents().length === 0);
    world.figures.add(GONE, performance.now() - askedMs);
    const unsound = ends.filter(({ code }) => code !== 0);
    world.figures.count(
      UNSOUND,
      unsound.map((end) => `${end.code ?? end.signal}`),
    );
    for (const machine of machines) machine.start();
    await world.whole();
  },
};

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it was quicker
  }
}
