/**
 * How many there were lately: counts in slots of a tenth of the window, by the time at which they happened and not by the one
 * at which they arrived. So a backlog that comes at once is no burst, and a burst that comes late is one. What it adds up
 * never spans more than the window. Plain data, so that it can be kept. Pure.
 */
const SLOTS = 10;

/** Slot, and how many fell into it; oldest first. */
export type RateWindow = readonly (readonly [slot: number, count: number])[];

/** @param firstMs `count` of them were spread evenly from here to `lastMs` */
export function added(
  window: RateWindow,
  windowMs: number,
  count: number,
  firstMs: number,
  lastMs: number,
): RateWindow {
  const slotMs = windowMs / SLOTS;
  const last = Math.floor(lastMs / slotMs);
  const newest = Math.max(last, window.at(-1)?.[0] ?? last);
  const counts = new Map(window);
  // What is older than the window counts in no sum: only what is within it is given a slot of its own.
  const slots = Math.max(0, last - Math.floor(Math.min(firstMs, lastMs) / slotMs)) + 1;
  const upTo = (nth: number): number => Math.floor((count * nth) / slots);
  for (let nth = Math.max(1, slots - SLOTS + 1); nth <= slots; nth++) {
    const slot = last - slots + nth;
    counts.set(slot, (counts.get(slot) ?? 0) + upTo(nth) - upTo(nth - 1));
  }
  return [...counts].filter(([slot]) => slot > newest - SLOTS).sort(([a], [b]) => a - b);
}

/** Without what is still to come: a clock that was set back has counted ahead of now, and all that comes would be too old. */
export function upToNow(window: RateWindow, windowMs: number, nowMs: number): RateWindow {
  const slotNow = Math.floor((nowMs * SLOTS) / windowMs);
  return (window.at(-1)?.[0] ?? slotNow) <= slotNow ? window : window.filter(([slot]) => slot <= slotNow);
}

export const sumOf = (window: RateWindow): number => window.reduce((sum, [, count]) => sum + count, 0);
