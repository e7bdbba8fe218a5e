/** Waits for a condition instead of a time. The test's own limit is what ends it; the bound here ends what it left behind. */
import { setTimeout as pause } from 'node:timers/promises';

const GIVE_UP_MS = 120_000;

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + GIVE_UP_MS; !(await condition()); await pause(5)) {
    if (performance.now() > endMs) throw new Error('the condition was never met');
  }
}
