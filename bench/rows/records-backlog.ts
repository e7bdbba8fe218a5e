/**
 * A machine that was cut off has much to deliver: what is emitted elsewhere meanwhile must hardly notice, and nobody may hold
 * it in memory. `BENCH_BACKLOG` says how many records, where the million takes too long to write.
 */
import { delay } from '../../common/core/clock.js';
import { BenchPair } from '../fleets/bench-pair.js';
import { rssMbOf } from '../measure/process-figures.js';
import type { BoundRow, RatioRow, Side, Size } from '../measure/row.js';
import { WorkerProcess } from '../work/worker-process.js';

const BACKLOG = { whole: 1_000_000, quick: 2_000 } as const;
const backlogOf = (size: Size): number => Number(process.env['BENCH_BACKLOG'] ?? BACKLOG[size]);

export const recordsBacklog: RatioRow = {
  kind: 'ratio',
  name: 'records-backlog',
  title: 'emit on main → consumer there, p99, while pc2 delivers a backlog of a million',
  unit: 'ms',
  better: 'less',
  openOurs: async (size) => openDrain(backlogOf(size), ({ live }, ms) => live.ask('slowest', ms)),
  peers: [
    {
      name: 'ours with nothing to deliver',
      goal: 0.5,
      open: () => openDrain(0, ({ live }, ms) => live.ask('slowest', ms)),
    },
  ],
};

export const recordsBacklogMemory: BoundRow = {
  kind: 'bound',
  name: 'records-backlog-memory',
  title: "resident memory of pc2's node and of main's broker meanwhile, the larger",
  unit: 'MB',
  bound: 200,
  openOurs: async (size) =>
    openDrain(backlogOf(size), async ({ pair }, ms) => {
      await delay(ms);
      return Math.max(rssMbOf(pair.pc2.nodePid), rssMbOf(pair.main.brokerPid));
    }),
};

interface Drain {
  readonly pair: BenchPair;
  /** Emits and consumes on main. */
  readonly live: WorkerProcess;
}

/** The link is up while something is measured, so that a backlog lasts for all runs and a side that waits does nothing. */
async function openDrain(backlog: number, look: (drain: Drain, ms: number) => Promise<number>): Promise<Side> {
  const pair = await BenchPair.start();
  const live = new WorkerProcess('mesh-live', [pair.main.node, pair.main.node]);
  const emitter = new WorkerProcess('mesh-emitter', [pair.pc2.node, '1']);
  const close = async () => {
    for (const part of [emitter, live, pair]) await part.close();
  };
  try {
    await live.ask('ready');
    if (backlog > 0) {
      await pair.cut();
      await emitter.ask('fill', backlog);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const measure = async (ms: number): Promise<number> => {
    await pair.restore();
    const figure = await look({ pair, live }, ms);
    await pair.cut();
    return figure;
  };
  return { measure, close };
}
