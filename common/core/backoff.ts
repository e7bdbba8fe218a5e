/**
 * Exponential backoff with full jitter over the upper half: attempt n waits between 50 % and 100 % of
 * min(firstMs × factor^(n−1), maxMs), so that peers that fell together do not come back together.
 */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** @param attempt counts from 1. @param random in [0, 1). @returns milliseconds to wait before that attempt. */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: number): number {
  const ceilingMs = Math.min(policy.firstMs * policy.factor ** Math.max(0, attempt - 1), policy.maxMs);
  return ceilingMs * (0.5 + random / 2);
}
