/** The states of a supervised process, as a table. What is missing in a row cannot happen there, and is refused. */
import type { StateTable } from '../../common/core/state-table.js';
import type { AgentState } from '../../common/protocol/registry-entry.js';

/**
 * launch: a process was started, or found alive · serve: it says it is ready · silent / heard: its words stay out / came ·
 * drain: it was asked to end, or says it is ending · crash: it ended although it is wanted · end: it ended and is not wanted
 */
export type LifecycleEvent = 'launch' | 'serve' | 'silent' | 'heard' | 'drain' | 'crash' | 'end';

export const agentLifecycle: StateTable<AgentState, LifecycleEvent> = {
  stopped: { launch: 'starting', drain: 'ignore', end: 'ignore' },
  // Silence before readiness is what the ready timeout is for.
  starting: { serve: 'ready', silent: 'ignore', heard: 'ignore', drain: 'draining', crash: 'backoff', end: 'stopped' },
  ready: { serve: 'ignore', silent: 'busy', heard: 'ignore', drain: 'draining', crash: 'backoff', end: 'stopped' },
  busy: { serve: 'ready', silent: 'ignore', heard: 'ready', drain: 'draining', crash: 'backoff', end: 'stopped' },
  // A process that says it drains, and is wanted, is started again when it has ended.
  draining: { serve: 'ignore', silent: 'ignore', heard: 'ignore', drain: 'ignore', crash: 'backoff', end: 'stopped' },
  backoff: { launch: 'starting', drain: 'stopped', end: 'stopped' },
  completed: {},
  failed: {},
  quarantined: {},
};
