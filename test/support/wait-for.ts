/** Waits for something that another process is doing, and says what it last saw when that never comes. */
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/** What is waited for can never come: thrown by `look`, it ends the wait at once. */
export class Hopeless extends Error {}

/**
 * The first answer of `look` that is not undefined. What `look` throws counts as "not yet", but for `Hopeless`.
 * @throws when `ms` are over, with what `look` threw last
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms = 15_000,
): Promise<T> {
  const untilMs = performance.now() + ms;
  for (let trouble: unknown = 'nothing yet'; ; ) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      trouble = error;
    }
    if (performance.now() > untilMs) throw new Error(`waited ${ms} ms in vain for ${what}: ${String(trouble)}`);
    await pause(POLL_MS);
  }
}

/** The same for a condition. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>, ms?: number): Promise<void> {
  await waitFor(what, async () => ((await condition()) ? true : undefined), ms);
}
