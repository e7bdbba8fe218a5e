/** Waits for a condition instead of a time; the test's own limit is what ends it. */
import { setTimeout as pause } from 'node:timers/promises';

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}
