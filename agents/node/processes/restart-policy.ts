/**
 * What becomes of a process that ended by itself: started again after a wait, or not at all. Pure.
 *
 * R1  No more than `starts` starts of its own within any `windowMs`: when the next one would be one too many, the
 *     process is quarantined instead. Starts that somebody asked for are not in the history.
 * R2  The wait grows from `firstMs` to `maxMs` with every crash, and begins anew after a run of `stableMs`.
 * R3  All times are of the monotonic clock: no step of the wall clock shortens a wait or empties a budget.
 */
import type { RestartSpec } from '../../../common/config/agents/agent-specs.js';
import { backoffMs } from '../../../common/core/backoff.js';
import { durationText } from '../../../common/core/duration.js';

export interface RestartHistory {
  /** When it was started without anybody asking for it, oldest first; monotonic. */
  readonly startsMs: readonly number[];
  /** Ends in a row without a stable run between them. */
  readonly crashes: number;
}

export const NO_HISTORY: RestartHistory = { startsMs: [], crashes: 0 };

export interface Ending {
  /** How it ended, in words. */
  readonly text: string;
  /** Anything but exit code 0 by its own will; an end that nobody saw is one too. */
  readonly isFailure: boolean;
  readonly ranMs: number;
}

export type RestartVerdict =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'backoff'; readonly waitMs: number; readonly history: RestartHistory }
  | { readonly kind: 'quarantined'; readonly why: string };

/** @param random in [0, 1) */
export function restartVerdict(
  spec: RestartSpec,
  history: RestartHistory,
  { text, isFailure, ranMs }: Ending,
  nowMs: number,
  random: number,
): RestartVerdict {
  const { policy, firstMs, maxMs, stableMs, starts, windowMs } = spec;
  if (policy === 'never' || (policy === 'on-failure' && !isFailure))
    return { kind: isFailure ? 'failed' : 'completed' };
  const crashes = ranMs >= stableMs ? 1 : history.crashes + 1;
  const waitMs = backoffMs({ firstMs, maxMs, factor: 2 }, crashes, random);
  const counted = startsWithin(history.startsMs, nowMs + waitMs, windowMs);
  if (counted.length >= starts) {
    const often = `${counted.length === 1 ? 'once' : `${counted.length} times`} within ${durationText(windowMs)}`;
    return { kind: 'quarantined', why: `it was started ${often} and ended each time; the last time: ${text}` };
  }
  return { kind: 'backoff', waitMs, history: { startsMs: history.startsMs, crashes } };
}

/** The history after a start that nobody asked for. Bounded: what has left the window is forgotten. */
export const withStart = (history: RestartHistory, { windowMs }: RestartSpec, nowMs: number): RestartHistory => ({
  ...history,
  startsMs: [...startsWithin(history.startsMs, nowMs, windowMs), nowMs],
});

/** Half open: a start leaves the window in the moment in which it is `windowMs` old. */
const startsWithin = (startsMs: readonly number[], nowMs: number, windowMs: number): number[] =>
  startsMs.filter((startMs) => startMs > nowMs - windowMs);
