/** What a rule has told lately, and how much more it may tell: a bucket of tokens, as plain data. Pure. */
import { limits } from '../../common/core/limits.js';
import type { NoticeState } from './notice.js';

export interface RuleStanding {
  readonly rule: string;
  tokens: number;
  refilledMs: number;
  /** Of its last notice; 0 and empty for none. */
  lastMs: number;
  lastState: NoticeState | '';
  lastTitle: string;
}

export const newRuleStanding = (rule: string): RuleStanding => ({
  rule,
  tokens: limits.alertBurst,
  refilledMs: 0,
  lastMs: 0,
  lastState: '',
  lastTitle: '',
});

/** @returns the notices that it may tell now */
export function refilled(standing: RuleStanding, nowMs: number): number {
  // The first time, and after a clock was set back, it begins to count from now on.
  if (standing.refilledMs === 0 || standing.refilledMs > nowMs) standing.refilledMs = nowMs;
  const count = Math.floor((nowMs - standing.refilledMs) / limits.alertRefillMs);
  standing.tokens = Math.min(limits.alertBurst, standing.tokens + count);
  standing.refilledMs =
    standing.tokens === limits.alertBurst ? nowMs : standing.refilledMs + count * limits.alertRefillMs;
  return standing.tokens;
}
