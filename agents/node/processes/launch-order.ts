/**
 * Which processes of a machine may be launched now, and why the others still wait. Pure.
 *
 * O1  A process is launched when each of its dependencies meets its condition, and every `required` one of an earlier
 *     wave serves. The broker is everybody's dependency.
 * O2  At most `parallel` processes are in the rush of starting at once; the broker is not counted and waits for nobody.
 * O3  What ran already and is to be kept up is not held back by O1, only by O2, and goes first.
 */
import type { StartCondition } from '../../../common/config/schemas.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import { BROKER, type ProcessPlan } from '../programs/process-plan.js';
import { isAlive, isServing } from './agent-lifecycle.js';

/** none: it runs, or is not to · order: when O1 lets it · again: as soon as there is room */
export type LaunchWish = 'none' | 'order' | 'again';

export interface LaunchView {
  readonly plan: Pick<ProcessPlan, 'name' | 'after' | 'wave' | 'required'>;
  readonly state: AgentState;
  readonly wish: LaunchWish;
  /** It is starting, and that began so recently that it counts as part of the rush. */
  readonly inRush: boolean;
  /** Why it is in its state; empty when that is plain. */
  readonly stateWhy: string;
}

/** The names of those that may be launched now, in the order in which they should be. */
export function launchable(views: readonly LaunchView[], parallel: number): string[] {
  const order = new Order(views);
  const wishing = [
    ...views.filter(({ wish }) => wish === 'again'),
    ...views.filter((view) => view.wish === 'order' && order.obstacleOf(view) === undefined),
  ];
  let room = parallel - rushCount(views);
  return wishing.flatMap(({ plan: { name } }) => (name === BROKER || room-- > 0 ? [name] : []));
}

/** One sentence for a process that is to be launched and is not yet; empty for the others. */
export function reasonToWait(view: LaunchView, views: readonly LaunchView[], parallel: number): string {
  if (view.wish === 'none') return '';
  const obstacle = view.wish === 'order' ? new Order(views).obstacleOf(view) : undefined;
  if (obstacle !== undefined) return obstacle.text;
  const count = rushCount(views);
  return count < parallel ? '' : `waits its turn: ${count} others are starting`;
}

/** Nothing is on its way any more, whether all is well or not: what still waits, waits for something that does not move. */
export function isSettled(views: readonly LaunchView[]): boolean {
  const order = new Order(views);
  return views.every((view) => {
    if (MOVING.includes(view.state) || view.wish === 'again') return false;
    if (view.wish === 'none') return true;
    const obstacle = order.obstacleOf(view);
    return obstacle !== undefined && !isAlive(obstacle.by?.state ?? 'stopped');
  });
}

const MOVING: readonly AgentState[] = ['starting', 'draining', 'backoff'];

interface Obstacle {
  readonly text: string;
  /** Undefined when it is not even there. */
  readonly by: LaunchView | undefined;
}

class Order {
  readonly #byName: ReadonlyMap<string, LaunchView>;
  /** What is required and does not serve: it holds back every later wave. */
  readonly #unserved: readonly LaunchView[];

  constructor(views: readonly LaunchView[]) {
    this.#byName = new Map(views.map((view) => [view.plan.name, view]));
    this.#unserved = views.filter(({ plan, state }) => plan.required && plan.name !== BROKER && !isServing(state));
  }

  /** O1: the first thing that stands in its way. */
  obstacleOf({ plan }: LaunchView): Obstacle | undefined {
    for (const { agent, condition } of plan.after) {
      const by = this.#byName.get(agent);
      if (by !== undefined && meets(by.state, condition)) continue;
      const text = mayCome(by) ? `waits for ${agent} to be ${condition}` : `held back: ${agent} must be ${condition}`;
      return { by, text: mayCome(by) ? text : `${text} and ${isText(by)}` };
    }
    const by = this.#unserved.find((candidate) => candidate.plan.wave < plan.wave);
    if (by === undefined) return undefined;
    const { name } = by.plan;
    const text = mayCome(by)
      ? `waits for ${name}, which is required, to be ready`
      : `held back: ${name} is required and ${isText(by)}`;
    return { by, text };
  }
}

const rushCount = (views: readonly LaunchView[]): number =>
  views.filter(({ inRush, plan }) => inRush && plan.name !== BROKER).length;

const meets = (state: AgentState, condition: StartCondition): boolean => {
  if (condition === 'completed') return state === 'completed';
  return isServing(state) || (condition === 'started' && isAlive(state));
};

/** Waiting for it makes sense: it runs, or will without anybody's help. */
const mayCome = (view: LaunchView | undefined): view is LaunchView =>
  view !== undefined && (isAlive(view.state) || view.state === 'backoff' || view.wish !== 'none');

const isText = (view: LaunchView | undefined): string => {
  if (view === undefined) return 'is not there';
  return view.stateWhy === '' ? `is ${view.state}` : `is ${view.state}: ${view.stateWhy}`;
};
