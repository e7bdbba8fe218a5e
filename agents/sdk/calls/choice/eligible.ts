/**
 * Which instances a target means, and how ready each is. Pure: the same rows give the same answer. Asked when rows change,
 * not per call.
 */
import type { CallTarget } from '../../../../common/protocol/name.js';
import type { AgentState, AgentView } from '../../../../common/protocol/registry-entry.js';

/** Whether a version is in a range. */
export type InRange = (version: string, range: string) => boolean;

/** Comes to serve by itself, or would if its turn came: who waits for it may not wait in vain. */
const MAY_COME: ReadonlySet<AgentState> = new Set(['starting', 'stopped', 'backoff', 'draining']);
/** No process holds a call in these. */
const ENDED: ReadonlySet<AgentState> = new Set(['stopped', 'completed', 'failed', 'backoff', 'quarantined']);

export const isServing = ({ state }: AgentView): boolean => state === 'ready' || state === 'busy';

export const mayCome = (view: AgentView): boolean => MAY_COME.has(view.state);

export const hasEnded = (view: AgentView): boolean => ENDED.has(view.state);

/** Its process has not said yet what it is and can do; a program that is only supervised never does. */
export const isUnattached = ({ control }: AgentView): boolean => control === '';

export const isOnMachine = ({ machine }: AgentView, target: CallTarget): boolean =>
  target.machine === undefined || machine === target.machine;

export const hasCapability = ({ capabilities }: AgentView, target: CallTarget): boolean =>
  target.capability === undefined || capabilities.includes(target.capability);

export const hasVersion = ({ version }: AgentView, target: CallTarget, inRange: InRange): boolean =>
  target.version === undefined || inRange(version, target.version);

/** A service that is named is taken at its word; of those who only have a capability some may not have the action. */
export const hasAction = ({ actions }: AgentView, { service, action }: CallTarget): boolean =>
  service !== undefined || actions.includes(action);

/** An instance is the better the lower: out of reach weighs more than busy. Undefined for one that cannot be called now. */
export function rankOf(view: AgentView, target: CallTarget, inRange: InRange): number | undefined {
  if (!isServing(view) || isUnattached(view) || !isOnMachine(view, target)) return undefined;
  if (!hasCapability(view, target) || !hasVersion(view, target, inRange) || !hasAction(view, target)) return undefined;
  return (view.reachable ? 0 : 2) + (view.state === 'busy' ? 1 : 0);
}
