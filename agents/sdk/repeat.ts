/** Work at a steady pace until the agent is to stop. */
import { type Clock, delay, systemClock } from '../../common/core/clock.js';

/**
 * Runs `work` now and then every `intervalMs`, counted from start to start; one that takes longer is followed by the
 * next at once, never by two. Resolves when `signal` is aborted; rejects with what `work` throws.
 */
export async function repeat(
  intervalMs: number,
  signal: AbortSignal,
  work: () => unknown,
  clock: Clock = systemClock,
): Promise<void> {
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    await work();
    const restMs = intervalMs - (clock.monotonicMs() - startedMs);
    await delay(Math.max(0, restMs), signal).catch(() => undefined);
  }
}
