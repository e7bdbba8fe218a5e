/**
 * What a node remembers of a process from the node before it. Pure.
 *
 * The table speaks of times by the wall clock, because nothing else goes on over the end of a node; the node counts with
 * the monotonic one. A time becomes an age and the age a time again: a clock that was set back makes an event look as if
 * it were now, never later than now, and one that was set forward lets it look older. Neither can do more than lengthen
 * or shorten one restart budget once.
 */
import type { Moment } from '../../../common/core/clock.js';
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { isAlive } from './agent-lifecycle.js';
import { attachmentOf } from './incarnation.js';
import type { LaunchWish } from './launch-order.js';
import { NO_HISTORY, type RestartHistory } from './restart-policy.js';

export interface ProcessMemory {
  readonly wanted: boolean;
  readonly state: AgentState;
  readonly sinceMs: number;
  readonly why: string;
  readonly epoch: number;
  readonly startedMs: number;
  readonly restarts: number;
  readonly history: RestartHistory;
  readonly lastExit: string | undefined;
  /** Of the plan that the last incarnation was started with; empty when nobody knows. */
  readonly planHash: string;
  readonly wish: LaunchWish;
}

/** Of a process that was never started. */
export const blankMemory = (now: Moment): ProcessMemory => ({
  wanted: true,
  state: 'stopped',
  sinceMs: now.wallMs,
  why: '',
  epoch: 0,
  startedMs: 0,
  restarts: 0,
  history: NO_HISTORY,
  lastExit: undefined,
  planHash: '',
  wish: 'order',
});

/**
 * @param planHash of the plan that it has now: what kept an older plan down says nothing about it
 * @param bootId of this boot: one that ended with its machine begins anew, but for what somebody wanted
 */
export function recall(record: ProcessRecord, planHash: string, bootId: string, now: Moment): ProcessMemory {
  const { wanted, epoch, startedMs, lastExit: exit } = record;
  const lastExit = exit === '' ? undefined : exit;
  const wish = wanted ? 'order' : 'none';
  const known = { ...blankMemory(now), wanted, epoch, startedMs, lastExit, planHash: record.planHash };
  const fresh: ProcessMemory = { ...known, wish, why: wanted ? '' : record.why };
  if (record.planHash !== planHash && isFinal(record.state)) return fresh;
  if (record.pid === 0 && isAlive(record.state)) return fresh; // it was only about to be started
  if (record.state !== 'quarantined' && (record.state === 'stopped' || record.bootId !== bootId)) return fresh;
  const history = { startsMs: record.starts.map((startMs) => monotonicOf(startMs, now)), crashes: record.crashes };
  const { state, sinceMs, why, restarts } = record;
  return { ...fresh, state, sinceMs, why, restarts, history, wish: state === 'backoff' ? wish : 'none' };
}

/** What of a process is remembered. */
export interface Rememberable {
  readonly name: string;
  readonly wanted: boolean;
  readonly state: AgentState;
  readonly sinceMs: number;
  readonly stateWhy: string;
  readonly epoch: number;
  readonly pid: number;
  readonly startTicks: number;
  readonly startedMs: number;
  readonly history: RestartHistory;
  readonly restarts: number;
  readonly lastExit: string | undefined;
  /** Of the plan that the last incarnation was started with. */
  readonly lastHash: string;
  readonly attachment: ProcessRecord['attachment'];
}

/** As it is now, to be remembered. */
export function recordOf(process: Rememberable, bootId: string, now: Moment): ProcessRecord {
  const { name, wanted, state, sinceMs, epoch, pid, startTicks, startedMs, restarts, history, attachment } = process;
  return {
    agent: name,
    wanted,
    state,
    sinceMs,
    why: process.stateWhy,
    epoch,
    pid,
    startTicks,
    bootId,
    startedMs,
    restarts,
    crashes: history.crashes,
    starts: history.startsMs.map((startMs) => Math.max(0, Math.round(now.wallMs - (now.monotonicMs - startMs)))),
    lastExit: process.lastExit ?? '',
    planHash: process.lastHash,
    attachment: attachmentOf(attachment),
  };
}

const isFinal = (state: AgentState): boolean => state === 'completed' || state === 'failed' || state === 'quarantined';

const monotonicOf = (wallMs: number, now: Moment): number => now.monotonicMs - Math.max(0, now.wallMs - wallMs);
