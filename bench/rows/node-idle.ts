/** What the node of a machine with 74 agents takes while nobody asks for anything: their words, one each second. */
import { fileURLToPath } from 'node:url';
import { delay } from '../../common/core/clock.js';
import { BenchMachine } from '../fleets/bench-machine.js';
import { cpuMsOf, rssMbOf } from '../measure/process-figures.js';
import type { BoundRow, Side, Size } from '../measure/row.js';
import { machineMs } from '../work/worker-channel.js';

const COUNT = { whole: 74, quick: 4 } as const;
const ECHO = fileURLToPath(new URL('../../agents/echo/agent.js', import.meta.url));
/** So many runs of a row in one look: processor time is counted in hundredths of a second. */
const LOOK_FACTOR = 5;

export const nodeMemory: BoundRow = {
  kind: 'bound',
  name: 'node-memory',
  title: 'resident memory of a node with 74 idle agents',
  unit: 'MB',
  bound: 100,
  openOurs: (size) =>
    openNode(size, async (pid, ms) => {
      await delay(ms);
      return rssMbOf(pid);
    }),
};

export const nodeIdle: BoundRow = {
  kind: 'bound',
  name: 'node-idle',
  title: 'processor time of a node with 74 idle agents',
  unit: '% of a core',
  bound: 3,
  openOurs: (size) =>
    openNode(size, async (pid, ms) => {
      const before = { cpuMs: cpuMsOf(pid), ms: machineMs() };
      await delay(ms * LOOK_FACTOR);
      return ((cpuMsOf(pid) - before.cpuMs) / (machineMs() - before.ms)) * 100;
    }),
};

async function openNode(size: Size, look: (pid: number, ms: number) => Promise<number>): Promise<Side> {
  const names = Array.from({ length: COUNT[size] }, (_, i) => `echo-${i + 1}`);
  const machine = await BenchMachine.start(Object.fromEntries(names.map((name) => [name, ECHO])));
  return { measure: (ms) => look(machine.nodePid, ms), close: machine.close };
}
