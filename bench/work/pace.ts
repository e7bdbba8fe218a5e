/** How workers do a thing over and over: as often as they can, or one at a time with a watch in the hand. */
import { systemClock } from '../../common/core/clock.js';

/** As many calls or records are on their way at once. */
export const IN_FLIGHT = 256;

/** Per second; each that ends starts the next. */
export async function rateOf(once: () => Promise<void>, inFlight: number, durationMs: number): Promise<number> {
  let going = true;
  let doneCount = 0;
  const keepGoing = async () => {
    while (going) {
      await once();
      doneCount++;
    }
  };
  const startMs = systemClock.monotonicMs();
  const timer = setTimeout(() => {
    going = false;
  }, durationMs);
  await Promise.all(Array.from({ length: inFlight }, keepGoing)).finally(() => clearTimeout(timer));
  return (doneCount / (systemClock.monotonicMs() - startMs)) * 1_000;
}

export async function timesOf(once: () => Promise<void>, durationMs: number): Promise<number[]> {
  const tookMs: number[] = [];
  const endMs = systemClock.monotonicMs() + durationMs;
  for (let startMs = systemClock.monotonicMs(); startMs < endMs; ) {
    await once();
    const nowMs = systemClock.monotonicMs();
    tookMs.push(nowMs - startMs);
    startMs = nowMs;
  }
  return tookMs;
}
