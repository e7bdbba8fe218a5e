/** The states of a supervised process, as a table. What is missing in a row cannot happen there, and is refused. */
import type { StateTable } from '../../../common/core/state-table.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';

/**
 * launch: a process was started, or found alive · serve: it is ready · silent / heard: its words (or its liveness probe)
 * stay out / came · drain: it was asked to end, or says it is ending.
 * How it ended: end – and is not wanted, or is launched again on request · crash – and starts again after a wait ·
 * complete – by itself, with exit code 0, for good · fail – otherwise, for good · quarantine – too often.
 * release: somebody starts what stays down by itself.
 */
export type LifecycleEvent =
  | 'launch'
  | 'serve'
  | 'silent'
  | 'heard'
  | 'drain'
  | 'end'
  | 'crash'
  | 'complete'
  | 'fail'
  | 'quarantine'
  | 'release';

/** The process of every state in which one lives can end in each of these ways. */
const ends = {
  end: 'stopped',
  crash: 'backoff',
  complete: 'completed',
  fail: 'failed',
  quarantine: 'quarantined',
} as const;

/** What stays down by itself: it can be put away, or made ready to be started. */
const down = { end: 'stopped', release: 'stopped' } as const;

export const agentLifecycle: StateTable<AgentState, LifecycleEvent> = {
  // Silence before readiness is what the ready timeout is for.
  starting: { serve: 'ready', silent: 'ignore', heard: 'ignore', drain: 'draining', ...ends },
  ready: { serve: 'ignore', silent: 'busy', heard: 'ignore', drain: 'draining', ...ends },
  busy: { serve: 'ready', silent: 'ignore', heard: 'ready', drain: 'draining', ...ends },
  // A process that says it drains, and is wanted, is judged when it has ended, like any other.
  draining: { serve: 'ignore', silent: 'ignore', heard: 'ignore', drain: 'ignore', ...ends },
  stopped: { launch: 'starting', end: 'ignore', release: 'ignore' },
  backoff: { launch: 'starting', ...down },
  completed: down,
  failed: down,
  quarantined: down,
};

/** The states in which a process lives. */
export const isAlive = (state: AgentState): boolean => agentLifecycle[state].drain !== undefined;

/** Whatever was asked of it, it has done or is doing: `completed` is as good as `ready`. */
export const isServing = (state: AgentState): boolean => state === 'ready' || state === 'completed';
