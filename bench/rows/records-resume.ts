/** From the moment a link is back to the record that was emitted while it was cut: when main's consumer has it. */
import { delay } from '../../common/core/clock.js';
import { BenchPair } from '../fleets/bench-pair.js';
import type { BoundRow, Side, Size } from '../measure/row.js';
import { machineMs } from '../work/worker-channel.js';
import { WorkerProcess } from '../work/worker-process.js';

/** How long the link is cut: the longer, the more seldom somebody looks whether it is back. */
const CUTS_MS = { whole: [300, 3_000, 12_000], quick: [100] } as const;

export const recordsResume: BoundRow = {
  kind: 'bound',
  name: 'records-resume',
  title: 'link back → what was emitted meanwhile is consumed on main, the slowest of three',
  unit: 'ms',
  bound: 1_000,
  openOurs: openResume,
};

async function openResume(size: Size): Promise<Side> {
  const pair = await BenchPair.start();
  const live = new WorkerProcess('mesh-live', [pair.pc2.node, pair.main.node]);
  const close = async () => {
    for (const part of [live, pair]) await part.close();
  };
  try {
    await live.ask('arrival');
  } catch (error) {
    await close();
    throw error;
  }
  const resume = async (cutMs: number): Promise<number> => {
    await pair.cut();
    const arrival = live.ask<number>('arrival');
    await delay(cutMs);
    const startMs = machineMs();
    await pair.restore();
    return (await arrival) - startMs;
  };
  const measure = async (): Promise<number> => {
    const took: number[] = [];
    for (const cutMs of CUTS_MS[size]) took.push(await resume(cutMs));
    return Math.max(...took);
  };
  return { measure, close };
}
