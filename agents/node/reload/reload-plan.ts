/**
 * What a new configuration means for the processes of a machine: which take it over as they run, which must be started
 * again, which begin and which end, and in which order. Pure.
 *
 * P1  Who is removed ends first, dependents before what they depend on; then, in start order, everybody else.
 * P2  A process is started again only for what takes effect in a new one alone, or when it is outdated already.
 * P3  Who was stopped by somebody, or waits for its first start, only gets its new words: nothing is started for it.
 * P4  Who stays down by itself (quarantined, failed) is released by any change: the change is the attempt to mend it.
 */
import type { AgentChangeBody } from '../../../common/protocol/catalogue.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { isServing } from '../processes/agent-lifecycle.js';
import { differingFields } from '../programs/plan-keys.js';
import type { ProcessPlan } from '../programs/process-plan.js';

export type ReloadablePlan = Pick<
  ProcessPlan,
  'name' | 'wave' | 'restartKey' | 'liveKey' | 'planHash' | 'readyTimeoutMs' | 'stopGraceMs'
>;

export interface ReloadableProcess {
  readonly plan: ReloadablePlan;
  readonly state: AgentState;
  /** False: somebody stopped it. */
  readonly wanted: boolean;
  /** It runs with an older plan than `plan`. */
  readonly outdated: boolean;
  /** Of the plan that it runs with; empty when it does not run, or nobody knows. */
  readonly runningHash: string;
}

/** One agent's part of a rollout. */
export interface Task extends AgentChangeBody {
  /** False: somebody stopped it. */
  readonly wanted: boolean;
  /** It served before: then it must serve again for a rollback to be whole. */
  readonly served: boolean;
  /** How long the change may take, and how long its undoing. */
  readonly boundMs: number;
  readonly undoBoundMs: number;
}

/** In the order in which they are to be done. */
export function planReload(current: readonly ReloadableProcess[], next: readonly ReloadablePlan[]): Task[] {
  const plans = new Map(next.map((plan) => [plan.name, plan]));
  const processes = new Map(current.map((process) => [process.plan.name, process]));
  const removed = current.filter(({ plan }) => !plans.has(plan.name)).sort((a, b) => b.plan.wave - a.plan.wave);
  const others = [...next].sort((a, b) => a.wave - b.wave);
  return [
    ...removed.map(removal),
    ...others.flatMap((plan) => {
      const process = processes.get(plan.name);
      return process === undefined ? [addition(plan)] : changeOf(process, plan);
    }),
  ];
}

const removal = ({ plan, state, wanted }: ReloadableProcess): Task => ({
  agent: plan.name,
  change: 'stop',
  fields: [],
  wanted,
  served: isServing(state),
  boundMs: plan.stopGraceMs,
  undoBoundMs: plan.readyTimeoutMs,
});

const addition = (plan: ReloadablePlan): Task => ({
  agent: plan.name,
  change: 'start',
  fields: [],
  wanted: true,
  served: false,
  boundMs: plan.readyTimeoutMs,
  undoBoundMs: plan.stopGraceMs,
});

function changeOf(process: ReloadableProcess, plan: ReloadablePlan): Task[] {
  const { plan: old, state, wanted, outdated, runningHash } = process;
  const inNewProcess = differingFields(old.restartKey, plan.restartKey);
  const atOnce = differingFields(old.liveKey, plan.liveKey);
  // A process may already run with what is new to its node: an adopted one, after a rollout that was cut off.
  const mustRestart = runningHash === '' ? inNewProcess.length > 0 || outdated : runningHash !== plan.planHash;
  const fields = [...inNewProcess, ...atOnce];
  if (fields.length === 0 && !mustRestart) return [];
  return [
    {
      agent: plan.name,
      change: kindOf(state, wanted, mustRestart),
      fields: fields.length === 0 ? [OUTDATED] : fields,
      wanted,
      served: isServing(state),
      boundMs: old.stopGraceMs + plan.readyTimeoutMs,
      undoBoundMs: plan.stopGraceMs + old.readyTimeoutMs,
    },
  ];
}

function kindOf(state: AgentState, wanted: boolean, mustRestart: boolean): Task['change'] {
  if (!wanted || state === 'stopped') return 'live';
  return mustRestart || state === 'quarantined' || state === 'failed' ? 'restart' : 'live';
}

/** It runs with words that its node has no record of: which ones differ, nobody can say. */
const OUTDATED = 'outdated';
