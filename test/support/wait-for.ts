/** Waits for a condition instead of a time, and says what it last saw when that never comes. */
import { setTimeout as pause } from 'node:timers/promises';

/** What this process does comes within a turn or two; another one is not asked all the time. */
const FIRST_PAUSE_MS = 2;
const PAUSE_MS_MAX = 20;

/** No promise of anybody's: far more than a box needs that has other work too, and all that a hopeless wait costs. */
const WAIT_MS = 30_000;

/** What is waited for can never come: thrown by `look`, it ends the wait at once. */
export class Hopeless extends Error {}

/**
 * The first answer of `look` that is not undefined. What `look` throws counts as "not yet", but for `Hopeless`.
 * @throws when `ms` are over, with what `look` threw last
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms = WAIT_MS,
): Promise<T> {
  const untilMs = performance.now() + ms;
  let pauseMs = FIRST_PAUSE_MS;
  for (let trouble: unknown = 'nothing yet'; ; ) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      trouble = error;
    }
    if (performance.now() > untilMs) throw new Error(`waited ${ms} ms in vain for ${what}: ${String(trouble)}`);
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
}

/** The same for a condition. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>, ms?: number): Promise<void> {
  await waitFor(what, async () => ((await condition()) ? true : undefined), ms);
}

/** The same for a condition whose own words say what it is. */
export const until = (condition: () => boolean | Promise<boolean>): Promise<void> =>
  waitUntil(String(condition), condition);
