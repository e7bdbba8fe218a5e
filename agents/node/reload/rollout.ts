/**
 * A reload on its way through the agents of a machine, one after the other. Pure: it is told what it asks to see, and
 * answers with what is to be done.
 *
 * T1  One agent at a time: the next is begun when the last serves and has gone on serving for `stableMs`.
 * T2  The first that does not get there ends the way forward: what was changed is changed back, the latest first.
 * T3  On the way back nothing stops it: who does not serve again is named, and the next one follows.
 * T4  A change that takes effect at once is done at once, and waits for nothing.
 */
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { isServing } from '../processes/agent-lifecycle.js';
import type { Task } from './reload-plan.js';

export type Version = 'new' | 'old';

/** replace: new words for a process as it is · restart: also a new process · add, remove: the agent itself */
export type Effect =
  | { readonly kind: 'replace' | 'restart'; readonly agent: string; readonly version: Version }
  | { readonly kind: 'add'; readonly agent: string; readonly version: Version; readonly isToStart: boolean }
  | { readonly kind: 'remove'; readonly agent: string };

/** An agent as the supervisor has it; absent when it has none of that name. */
export interface Sight {
  readonly state: AgentState;
  readonly epoch: number;
  /** False: somebody stopped it. */
  readonly wanted: boolean;
  /** Why it is in its state, or how it ended last. */
  readonly why: string;
}
export type Look = (agent: string) => Sight | undefined;

export type StepState = 'waiting' | 'rolling' | 'done' | 'failed' | 'rolled-back';

export interface Step {
  readonly task: Task;
  readonly state: StepState;
  readonly why: string;
}

interface Begun {
  /** Of the incarnation that was there: a later one is the new process. */
  readonly epoch: number;
  readonly untilMs: number;
  /** Since when it serves. */
  readonly servesSinceMs: number | undefined;
}

export interface Rollout {
  /** failed: on the way back. */
  readonly state: 'rolling' | 'failed' | 'done' | 'rolled-back';
  readonly why: string;
  readonly steps: readonly Step[];
  readonly at: number;
  /** Of the step at `at`; absent before it is begun. */
  readonly begun: Begun | undefined;
  readonly stableMs: number;
}

export interface RolloutTurn {
  readonly rollout: Rollout;
  /** To be done in this order, before the next turn. */
  readonly effects: readonly Effect[];
}

export const startRollout = (tasks: readonly Task[], stableMs: number): Rollout => ({
  state: 'rolling',
  why: '',
  steps: tasks.map((task) => ({ task, state: 'waiting', why: '' })),
  at: 0,
  begun: undefined,
  stableMs,
});

export const isOver = ({ state }: Rollout): boolean => state === 'done' || state === 'rolled-back';

/** To be called when anything was seen to change, and at the time that `nextLookMs` says. */
export function turnRollout(rollout: Rollout, look: Look, nowMs: number): RolloutTurn {
  const effects: Effect[] = [];
  let next = rollout;
  while (!isOver(next)) {
    if (next.begun === undefined) {
      next = begin(next, look, nowMs, effects);
      // What was begun is to be done before it can be looked at.
      if (next.begun !== undefined) break;
    } else {
      const looked = assess(next, next.begun, look, nowMs);
      if (looked.begun !== undefined) return { rollout: looked, effects };
      next = looked;
    }
  }
  return { rollout: next, effects };
}

/** When to look again although nothing was seen to change; absent when there is nothing to wait for. */
export function nextLookMs({ begun, stableMs }: Rollout): number | undefined {
  if (begun === undefined) return undefined;
  const { servesSinceMs, untilMs } = begun;
  return servesSinceMs === undefined ? untilMs : servesSinceMs + stableMs;
}

const stepAt = ({ steps, at }: Rollout): Step | undefined => steps[at];

function begin(rollout: Rollout, look: Look, nowMs: number, effects: Effect[]): Rollout {
  const step = stepAt(rollout);
  if (step === undefined) return { ...rollout, state: rollout.state === 'failed' ? 'rolled-back' : 'done' };
  const { task } = step;
  const isBack = rollout.state === 'failed';
  const effect = effectOf(task, isBack ? 'old' : 'new');
  effects.push(effect);
  // Nobody waits for what did not serve before.
  if (effect.kind === 'replace' || (isBack && effect.kind !== 'remove' && !task.served)) return finished(rollout, '');
  const untilMs = nowMs + (isBack ? task.undoBoundMs : task.boundMs) + SLACK_MS + rollout.stableMs;
  const begun = { epoch: look(task.agent)?.epoch ?? 0, untilMs, servesSinceMs: undefined };
  return { ...rollout, steps: isBack ? rollout.steps : marked(rollout, 'rolling', ''), begun };
}

/** The supervisor has bounds of its own, and they are told better: this one is for what they do not see. */
const SLACK_MS = 10_000;

function effectOf({ agent, change, wanted }: Task, version: Version): Effect {
  if (change === 'live') return { kind: 'replace', agent, version };
  if (change === 'restart') return { kind: 'restart', agent, version };
  const isToGo = change === (version === 'new' ? 'stop' : 'start');
  return isToGo ? { kind: 'remove', agent } : { kind: 'add', agent, version, isToStart: wanted };
}

function assess(rollout: Rollout, begun: Begun, look: Look, nowMs: number): Rollout {
  const step = stepAt(rollout);
  if (step === undefined) return rollout;
  const { agent, change } = step.task;
  const sight = look(agent);
  const isToGo = change === (rollout.state === 'failed' ? 'start' : 'stop');
  if (isToGo && sight === undefined) return finished(rollout, '');
  if (!isToGo) {
    const trouble = troubleOf(sight, begun);
    if (trouble !== undefined) return finished(rollout, trouble);
    const serves = sight !== undefined && sight.epoch > begun.epoch && isServing(sight.state);
    const since = serves ? (begun.servesSinceMs ?? nowMs) : undefined;
    // What has ended well cannot fail any more.
    if (serves && (sight.state === 'completed' || nowMs - (since ?? nowMs) >= rollout.stableMs))
      return finished(rollout, '');
    if (since !== undefined || nowMs < begun.untilMs) return { ...rollout, begun: { ...begun, servesSinceMs: since } };
  } else if (nowMs < begun.untilMs) return rollout;
  const state = sight === undefined ? 'not there' : `${sight.state}${sight.why === '' ? '' : `: ${sight.why}`}`;
  return finished(rollout, `it took too long and is ${state}`);
}

/** Why the new process will not get there; undefined while it still may. */
function troubleOf(sight: Sight | undefined, { epoch }: Begun): string | undefined {
  if (sight === undefined) return 'it was removed';
  const { state, wanted, why } = sight;
  if (!wanted) return 'somebody stopped it meanwhile';
  if (sight.epoch <= epoch) return undefined;
  if (state !== 'backoff' && state !== 'failed' && state !== 'quarantined') return undefined;
  return why === '' ? `it is ${state}` : why;
}

/** The step at hand is over, well when `trouble` is empty. */
function finished(rollout: Rollout, trouble: string): Rollout {
  const { at, state, why } = rollout;
  const next = { ...rollout, begun: undefined };
  const agent = stepAt(rollout)?.task.agent ?? '';
  if (state === 'failed') {
    const isCause = stepAt(rollout)?.state === 'failed';
    const steps = isCause ? rollout.steps : marked(rollout, 'rolled-back', trouble);
    const told = trouble === '' ? why : `${why}; ${agent} did not come back: ${trouble}`;
    // Below the first step there is none: `begin` ends it.
    return { ...next, at: at - 1, steps, why: told };
  }
  if (trouble === '') return { ...next, at: at + 1, steps: marked(rollout, 'done', '') };
  // The way back begins with the one that failed.
  return { ...next, state: 'failed', why: `${agent}: ${trouble}`, steps: marked(rollout, 'failed', trouble) };
}

const marked = ({ steps, at }: Rollout, state: StepState, why: string): Step[] =>
  steps.map((step, index) => (index === at ? { ...step, state, why } : step));
