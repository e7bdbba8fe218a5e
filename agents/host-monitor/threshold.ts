/**
 * When a value counts as too high. Pure. It must stay at or above the limit for `sustainCount` samples to exceed it, and
 * below `clearBelow` for as many to clear: a value that swings around the limit makes one alarm, not fifty.
 */
export interface Threshold {
  readonly limit: number;
  /** Not above `limit`; the distance between the two is the hysteresis. */
  readonly clearBelow: number;
  readonly sustainCount: number;
}

export type ThresholdState =
  | { readonly kind: 'normal'; readonly overCount: number }
  | { readonly kind: 'exceeded'; readonly underCount: number };

export const NORMAL: ThresholdState = { kind: 'normal', overCount: 0 };

/** The state after one more sample. */
export function step(state: ThresholdState, value: number, threshold: Threshold): ThresholdState {
  if (state.kind === 'normal') {
    const overCount = value >= threshold.limit ? state.overCount + 1 : 0;
    return overCount >= threshold.sustainCount ? { kind: 'exceeded', underCount: 0 } : { kind: 'normal', overCount };
  }
  const underCount = value < threshold.clearBelow ? state.underCount + 1 : 0;
  return underCount >= threshold.sustainCount ? NORMAL : { kind: 'exceeded', underCount };
}
