/**
 * Main's broker stands still: everybody works on within bounded memory, one who publishes more than it can hold is refused
 * and told so, and afterwards all is back and nothing is lost without being counted.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TestMachine } from '../fleet/test-machine.js';
import type { Measure } from '../oracle/figures.js';
import { rssOf } from '../processes/process-census.js';
import { waitUntil } from '../wait-for.js';
import type { Fault } from './fault.js';

const GROWTH: Measure = { what: 'memory that a process took meanwhile', unit: 'MiB', of: 'max', atMost: 64 };
const BACK: Measure = {
  what: 'all is back after the broker goes on',
  unit: 'ms',
  of: 'max',
  atMost: 10_000,
  isTight: true,
};
/** What may wait in the publisher, what libzmq holds for one peer in frames of the usual size, and what was not collected yet. */
const FLOOD_GROWTH: Measure = {
  what: 'memory that one who floods took meanwhile',
  unit: 'MiB',
  of: 'max',
  atMost: 160,
};
const UNREFUSED: Measure = { what: 'floods that were not refused with QUEUE_FULL', unit: '', of: 'sum', atMost: 0 };
const UNCOUNTED: Measure = { what: 'events that neither came nor were missed', unit: '', of: 'sum', atMost: 0 };
const STOPPED_MS_SHORT = 2_000;
const STOPPED_MS_LONG = 30_000;
const MIB = 1024 * 1024;
const TOPIC = 'flood.events';
const BYTES = 16 * 1024;

export const stopBroker: Fault = {
  name: 'stop-broker',
  what: "SIGSTOP to main's broker, and SIGCONT later",
  round: (world, _random, isLong) =>
    world.sparing([], async () => {
      const { main, pc2 } = world.fleet;
      const broker = await main.process('broker');
      const flooder = await main.process('flooder');
      const heard = await listen(main, pc2);
      const before = new Map(world.residents().map(({ pid }) => [pid, rssOf(pid)]));
      process.kill(broker.pid, 'SIGSTOP');
      const stoppedMs = isLong ? STOPPED_MS_LONG : STOPPED_MS_SHORT;
      const flooding = flood(main, stoppedMs);
      await pause(stoppedMs);
      for (const [pid, rss] of before) {
        const measure = pid === flooder.pid ? FLOOD_GROWTH : GROWTH;
        world.figures.add(measure, Math.max(0, rssOf(pid) - rss) / MIB);
      }
      process.kill(broker.pid, 'SIGCONT');
      const goesOnMs = performance.now();
      await world.whole();
      for (const machine of [main, pc2]) await machine.call('worker-1@pc2.block', { ms: 0 });
      world.figures.add(BACK, performance.now() - goesOnMs);

      const { lastSeq, refusals } = await flooding;
      world.figures.add(UNREFUSED, Object.keys(refusals).join() === 'QUEUE_FULL' ? 0 : 1, JSON.stringify(refusals));
      await heard.upTo(lastSeq);
      world.figures.add(UNCOUNTED, heard.uncounted);
      heard.close();
    }),
};

interface Flood {
  readonly lastSeq: number;
  /** How often each code was the answer. */
  readonly refusals: Readonly<Record<string, number>>;
}

async function flood(main: TestMachine, ms: number): Promise<Flood> {
  const mesh = await main.mesh();
  const options = { timeoutMs: ms + FLOOD_MARGIN_MS };
  return (await mesh.call('flooder.flood', { topic: TOPIC, bytes: BYTES, ms }, options)) as Flood;
}

/** Hears the flood from the other machine. */
async function listen(main: TestMachine, pc2: TestMachine) {
  let firstSeq = 0;
  let lastSeq = 0;
  let counted = 0;
  const mesh = await pc2.mesh();
  const onEvent = (_body: unknown, { seq }: { readonly seq: number }) => {
    firstSeq ||= seq;
    lastSeq = seq;
    counted++;
  };
  const onGap = (count: number) => {
    counted += count;
  };
  const subscription = mesh.subscribe(TOPIC, onEvent, { onGap });
  /** The last ones of a flood may have been dropped: only what comes after them shows it. */
  const upTo = (seq: number) =>
    waitUntil(`event ${seq} of the flood`, async () => {
      await flood(main, 1);
      return lastSeq > seq;
    });
  await upTo(0);
  return {
    upTo,
    /** Of all from the first that was heard to the last. */
    get uncounted(): number {
      return Math.abs(lastSeq - firstSeq + 1 - counted);
    },
    close: () => subscription.close(),
  };
}

const FLOOD_MARGIN_MS = 30_000;
