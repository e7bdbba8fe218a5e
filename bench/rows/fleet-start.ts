/** From `mesh up` to the last agent ready: 52 agents on one machine, 22 on the other, both on this box. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { limits } from '../../common/core/limits.js';
import { BenchFleet, type BenchMachineName } from '../fleets/bench-fleet.js';
import type { RatioRow } from '../measure/row.js';
import { machineMs } from '../work/worker-channel.js';

const AGENTS = { whole: { main: 52, pc2: 22 }, quick: { main: 3, pc2: 2 } } as const;
/** Each of the two machines takes this box for its own. */
const PARALLEL = 2 * limits.launchPerCore * cpus().length;

export const fleetStart: RatioRow = {
  kind: 'ratio',
  name: 'fleet-start',
  title: '74 agents on two machines, `mesh up` to all ready',
  unit: 'ms',
  better: 'less',
  openOurs: async (size) => {
    const fleet = await BenchFleet.open({ agents: AGENTS[size] });
    const measure = async () => {
      const startMs = machineMs();
      await fleet.up();
      const endMs = machineMs();
      await fleet.down();
      return endMs - startMs;
    };
    return { measure, close: () => fleet.close() };
  },
  peers: [
    {
      name: '74 × `node -e 0`, as many at a time',
      goal: 0.5,
      open: async (size) => ({ measure: () => startBareProcesses(AGENTS[size]), close: async () => undefined }),
    },
  ],
};

async function startBareProcesses({ main, pc2 }: Record<BenchMachineName, number>): Promise<number> {
  let left = main + pc2;
  const startNext = async () => {
    while (left-- > 0) {
      const [code] = await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
      if (code !== 0) throw new Error(`a bare process ended with exit code ${code}`);
    }
  };
  const startMs = machineMs();
  await Promise.all(Array.from({ length: PARALLEL }, startNext));
  return machineMs() - startMs;
}
