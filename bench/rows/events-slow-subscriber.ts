/** What it costs the subscribers of a topic that another one takes nothing any more: nearly nothing. */
import { delay } from '../../common/core/clock.js';
import { BenchMachine } from '../fleets/bench-machine.js';
import type { RatioRow, Side } from '../measure/row.js';
import { WorkerProcess } from '../work/worker-process.js';

const OTHERS = 2;

export const eventsSlowSubscriber: RatioRow = {
  kind: 'ratio',
  name: 'events-slow-subscriber',
  title: 'publish → handler, 20,000 events/s, p99 of two subscribers while a third is stopped',
  unit: 'ms',
  better: 'less',
  openOurs: () => openPaced((third) => third.stop()),
  peers: [{ name: 'ours while it is not', goal: 0.9, open: () => openPaced(() => undefined) }],
};

async function openPaced(hinder: (third: WorkerProcess) => void): Promise<Side> {
  const machine = await BenchMachine.start();
  const publisher = new WorkerProcess('mesh-paced-publisher', [machine.node]);
  const subscribers = Array.from({ length: OTHERS }, () => new WorkerProcess('mesh-timed-subscriber', [machine.node]));
  const third = new WorkerProcess('mesh-timed-subscriber', [machine.node]);
  const close = async () => {
    for (const part of [publisher, ...subscribers, third, machine]) await part.close();
  };
  try {
    for (const subscriber of [...subscribers, third]) await heard(publisher, subscriber);
    hinder(third);
  } catch (error) {
    await close();
    throw error;
  }
  const measure = async (ms: number): Promise<number> => {
    for (const subscriber of subscribers) await subscriber.ask('slowest');
    await publisher.ask('publish', ms);
    const slowest: number[] = [];
    for (const subscriber of subscribers) slowest.push(await subscriber.ask<number>('slowest'));
    return Math.max(...slowest);
  };
  return { measure, close };
}

/** Subscriptions travel: what is published before is lost. */
async function heard(publisher: WorkerProcess, subscriber: WorkerProcess): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await publisher.ask('publish', 1);
    if ((await subscriber.ask<number>('heard')) > 0) return;
    await delay(TRY_EVERY_MS);
  }
  throw new Error('no event arrived: publisher and subscriber do not meet');
}

const TRIES_MAX = 500;
const TRY_EVERY_MS = 20;
