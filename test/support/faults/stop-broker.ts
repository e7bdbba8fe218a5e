/** Main's broker stands still: everybody works on within bounded memory, and afterwards all is back and nothing is lost. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Measure } from '../figures.js';
import { rssOf } from '../process-census.js';
import type { Fault } from './fault.js';

const GROWTH: Measure = { what: 'memory that a process took meanwhile', unit: 'MiB', of: 'max', atMost: 64 };
const BACK: Measure = { what: 'all is back after the broker goes on', unit: 'ms', of: 'max', atMost: 10_000 };
const STOPPED_MS_SHORT = 2_000;
const STOPPED_MS_LONG = 30_000;
const MIB = 1024 * 1024;

export const stopBroker: Fault = {
  name: 'stop-broker',
  what: "SIGSTOP to main's broker, and SIGCONT later",
  round: (world, _random, isLong) =>
    world.sparing([], async () => {
      const { main, pc2 } = world.fleet;
      const broker = await main.process('broker');
      const before = new Map(world.residents().map(({ pid }) => [pid, rssOf(pid)]));
      process.kill(broker.pid, 'SIGSTOP');
      await pause(isLong ? STOPPED_MS_LONG : STOPPED_MS_SHORT);
      for (const [pid, rss] of before) world.figures.add(GROWTH, Math.max(0, rssOf(pid) - rss) / MIB);
      process.kill(broker.pid, 'SIGCONT');
      const goesOnMs = performance.now();
      await world.whole();
      for (const machine of [main, pc2]) await machine.call('worker-1@pc2.block', { ms: 0 });
      world.figures.add(BACK, performance.now() - goesOnMs);
    }),
};
