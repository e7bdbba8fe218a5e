/**
 * A trickle of records that somebody waits for: from their emit to a consumer of main's log, both in this process, so that
 * one clock measures. Arguments: the node that it emits to, the node by which it consumes.
 */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { delay, within } from '../../common/core/clock.js';
import { quantile } from '../measure/median.js';
import { bodyOf, seqOf } from '../work/load.js';
import { argumentAt, machineMs, serveTasks } from '../work/worker-channel.js';

const STREAM = 'bench.live';
const emitter = await MeshClient.connect({ node: argumentAt(0), name: 'bench-live' });
const listener = await MeshClient.connect({ node: argumentAt(1), name: 'bench-listener' });
const awaited = new Map<number, (arrivedMs: number) => void>();
const consumer = listener.consume(STREAM, async (record) => {
  const seq = seqOf(await record.body());
  awaited.get(seq)?.(machineMs());
  awaited.delete(seq);
});
let lastSeq = 0;

/** When it arrived. */
async function sendOne(): Promise<number> {
  const seq = ++lastSeq;
  const arrived = new Promise<number>((resolve) => awaited.set(seq, resolve));
  await emitter.emit(STREAM, bodyOf(seq));
  return within(arrived, LOST_AFTER_MS, () => new Error(`record ${seq} did not arrive`));
}

async function timeOne(): Promise<number> {
  const startMs = machineMs();
  return (await sendOne()) - startMs;
}

serveTasks({
  ready: () => consumer.ready,
  /** Resolves when a record that is emitted now has arrived. */
  arrival: sendOne,
  /** The 99th percentile in milliseconds. */
  slowest: async (durationMs) => {
    const times: Promise<number>[] = [];
    for (const endMs = machineMs() + durationMs; machineMs() < endMs; await delay(EVERY_MS)) times.push(timeOne());
    return quantile(await Promise.all(times), 0.99);
  },
});

const EVERY_MS = 2;
const LOST_AFTER_MS = 30_000;
