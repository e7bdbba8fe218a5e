/** The caller's side of the call rows, for us and for the peer alike. */
import { systemClock } from '../common/core/clock.js';
import { bodyOf, type NumberedBody, seqOf } from './load.js';
import { quantile } from './median.js';
import { serveTasks } from './worker-channel.js';

/** Sends the body and answers what came back. */
export type Call = (body: NumberedBody) => Promise<unknown>;

export function serveCalling(call: Call): void {
  let lastSeq = 0;
  const callOnce = async () => {
    const seq = ++lastSeq;
    if (seqOf(await call(bodyOf(seq))) !== seq) throw new Error(`call ${seq} got the answer of another`);
  };

  serveTasks({
    /** Calls per second with 256 in flight: each answer starts the next call. */
    flood: async (durationMs): Promise<number> => {
      let going = true;
      let answeredCount = 0;
      const keepCalling = async () => {
        while (going) {
          await callOnce();
          answeredCount++;
        }
      };
      const startMs = systemClock.monotonicMs();
      const timer = setTimeout(() => {
        going = false;
      }, durationMs);
      await Promise.all(Array.from({ length: IN_FLIGHT }, keepCalling)).finally(() => clearTimeout(timer));
      return (answeredCount / (systemClock.monotonicMs() - startMs)) * 1_000;
    },
    /** Median time of a call in microseconds, one at a time. */
    serial: async (durationMs): Promise<number> => {
      const tookMs: number[] = [];
      const endMs = systemClock.monotonicMs() + durationMs;
      for (let startMs = systemClock.monotonicMs(); startMs < endMs; ) {
        await callOnce();
        const nowMs = systemClock.monotonicMs();
        tookMs.push(nowMs - startMs);
        startMs = nowMs;
      }
      return quantile(tookMs, 0.5) * 1_000;
    },
  });
}

const IN_FLIGHT = 256;
