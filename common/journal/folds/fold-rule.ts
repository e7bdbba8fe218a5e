/**
 * When reports of one kind are told one by one, and when as a number. Pure; times are monotonic.
 *
 * R1  A token bucket: `limits.foldBurst` at once, then one in each `limits.foldRefillMs`. So what fails now and then is
 *     always told in full.
 * R2  Beyond that the kind is folding: reports are counted, and the count is told after 1 s, 2 s, 4 s, … and then every
 *     `limits.foldIntervalMsMax`, as long as something was counted meanwhile.
 * R3  A time in which nothing was counted ends it. A kind that is quiet until its bucket is full is forgotten.
 */
import { limits } from '../../core/limits.js';

export interface KindState {
  readonly tokens: number;
  /** When `tokens` were what they are. */
  readonly filledMs: number;
  /** 0: told one by one; n: folding, and the nth count is told next. */
  readonly step: number;
  /** When it is looked at: to tell the count, or to forget the kind. */
  readonly dueMs: number;
}

/** @returns the state that was given when nothing changed */
export function onReport(
  state: KindState | undefined,
  nowMs: number,
): { readonly state: KindState; readonly isTold: boolean } {
  if (state !== undefined && state.step > 0) return { state, isTold: false };
  const tokens = state === undefined ? limits.foldBurst : tokensAt(state, nowMs);
  if (tokens >= 1) return { state: oneByOne(tokens - 1, nowMs), isTold: true };
  return { state: { tokens, filledMs: nowMs, step: 1, dueMs: nowMs + intervalMsOf(1) }, isTold: false };
}

/** A kind that folds is due. @param hasCounted whether anything was counted since it was told last: that is told now */
export function onDue(state: KindState, hasCounted: boolean, nowMs: number): KindState {
  if (!hasCounted) return oneByOne(tokensAt(state, nowMs), nowMs);
  const step = state.step + 1;
  return { ...state, step, dueMs: nowMs + intervalMsOf(step) };
}

/** How long is counted before the nth count is told. */
export const intervalMsOf = (step: number): number =>
  Math.min(limits.foldIntervalMsMax, limits.foldIntervalMsMin * 2 ** Math.min(step - 1, STEP_MAX));

/** Beyond it the interval is the longest one anyway. */
const STEP_MAX = 20;

const tokensAt = ({ tokens, filledMs }: KindState, nowMs: number): number =>
  Math.min(limits.foldBurst, tokens + Math.max(0, nowMs - filledMs) / limits.foldRefillMs);

const oneByOne = (tokens: number, nowMs: number): KindState => ({
  tokens,
  filledMs: nowMs,
  step: 0,
  dueMs: nowMs + (limits.foldBurst - tokens) * limits.foldRefillMs,
});
