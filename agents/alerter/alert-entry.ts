/**
 * One rule and one thing that it is about: whether it holds, what was told of it, and what is still to be told. Pure.
 *
 * E1  Two notices that something holds are at least the throttle of the rule apart.
 * E2  A recovery follows a notice that told of it, one each; what was never told is not recovered.
 * E3  What happened and was in no notice is in the next one, whatever that says.
 */
import type { AlertRule } from '../../common/protocol/alert-rule.js';
import type { Facts, NoticeState } from './notice.js';
import type { RateWindow } from './rate-window.js';

export interface AlertEntry {
  readonly rule: string;
  /** A fingerprint, a machine or an agent@machine; empty for all that had no room of its own. */
  readonly subject: string;
  title: string;
  machine: string;
  agent: string;
  severity: string;
  holds: boolean;
  /** It was told that it holds, and not yet that it is over. */
  isTold: boolean;
  /** When it began to hold, and when there was the last sign of it. */
  sinceMs: number;
  lastMs: number;
  /** When it was last told that it holds; 0 for never. */
  toldMs: number;
  /** How often it happened since the last notice, and since it began. */
  held: number;
  total: number;
  /** Records up to this id are in what was told at the beginning. */
  fromId: number;
  window: RateWindow;
  /** Why it is over. */
  why: string;
}

export const newEntry = (rule: string, subject: string): AlertEntry => ({
  rule,
  subject,
  title: '',
  machine: '',
  agent: '',
  severity: '',
  holds: false,
  isTold: false,
  sinceMs: 0,
  lastMs: 0,
  toldMs: 0,
  held: 0,
  total: 0,
  fromId: 0,
  window: [],
  why: '',
});

/** It happened `count` times, and so it holds. */
export function happened(entry: AlertEntry, count: number, nowMs: number, sinceMs = nowMs): void {
  if (!entry.holds) {
    entry.holds = true;
    // What it held back before is a part of what begins again.
    entry.total = entry.held;
    entry.sinceMs = sinceMs;
  }
  entry.held += count;
  entry.total += count;
  entry.lastMs = nowMs;
}

export function ended(entry: AlertEntry, why: string): void {
  if (!entry.holds) return;
  entry.holds = false;
  entry.why = why;
}

/** What is to be told of it now; undefined for nothing. */
export function dueOf(entry: AlertEntry, { throttleMs, recovery }: AlertRule, nowMs: number): NoticeState | undefined {
  const { holds, isTold, held, toldMs } = entry;
  if (!holds && isTold && recovery) return 'recovered';
  if (toldMs !== 0 && nowMs - toldMs < throttleMs) return undefined;
  if (holds) return isTold ? (held > 0 ? 'still-firing' : undefined) : 'firing';
  return held > 0 ? 'passed' : undefined;
}

/** @returns what is known of it, for the notice; from now on it is told */
export function told(entry: AlertEntry, state: NoticeState, nowMs: number): Facts {
  const { subject, title, machine, agent, severity, held: count, total, sinceMs, why } = entry;
  entry.held = 0;
  entry.isTold = entry.holds;
  if (state !== 'recovered') entry.toldMs = nowMs;
  return { subject, title, machine, agent, severity, count, total: Math.max(total, count), sinceMs, why };
}

/** Nothing of it has to be remembered any more. */
export function isSpent(entry: AlertEntry, { throttleMs, when }: AlertRule, nowMs: number): boolean {
  const { holds, isTold, held, toldMs, lastMs } = entry;
  if (holds || isTold || held > 0) return false;
  if (when.kind === 'rate' && nowMs - lastMs < when.windowMs) return false;
  return toldMs === 0 || nowMs - toldMs >= throttleMs;
}

/** A clock that was set back holds nothing back for longer than the rule says. */
export function clamp(entry: AlertEntry, nowMs: number): void {
  entry.toldMs = Math.min(entry.toldMs, nowMs);
  entry.lastMs = Math.min(entry.lastMs, nowMs);
  entry.sinceMs = Math.min(entry.sinceMs, nowMs);
}
