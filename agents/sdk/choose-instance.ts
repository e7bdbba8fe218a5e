/** Which instance of a service a call goes to. Pure: the same views and turn give the same answer. */
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import type { CallTarget } from '../../common/protocol/name.js';
import type { AgentView } from '../../common/protocol/registry-entry.js';

/** Serving, best first: one that is busy still answers, only later. */
const SERVING = ['ready', 'busy'];

export interface Choice {
  readonly target: CallTarget;
  /** Every known instance of the service. */
  readonly instances: readonly AgentView[];
  /** Where the caller is: its own machine is preferred. */
  readonly machine: string;
  /** Counts up per call: equals take turns. */
  readonly turn: number;
  /** All services, to name one that comes near. */
  readonly services: readonly string[];
}

/** @throws NOT_FOUND when there is no such service or machine, UNREACHABLE when no instance serves, each saying what there is */
export function chooseInstance({ target, instances, machine, turn, services }: Choice): AgentView {
  const { agent, machine: wanted } = target;
  if (instances.length === 0) {
    const near = nearest(agent, services);
    throw new MeshError('NOT_FOUND', `there is no agent "${agent}"`, {
      hint: near === undefined ? 'see "mesh registry ls"' : `did you mean ${near}?`,
    });
  }
  const candidates = instances.filter((instance) => wanted === undefined || instance.machine === wanted);
  if (candidates.length === 0) {
    throw new MeshError('NOT_FOUND', `there is no agent "${agent}" on ${wanted}`, {
      hint: `it runs on ${instances.map((instance) => instance.machine).join(', ')}`,
    });
  }
  const serving = candidates.filter((instance) => SERVING.includes(instance.state) && instance.control !== '');
  if (serving.length === 0) {
    const states = candidates.map((instance) => `${instance.instance} is ${instance.state}`).join(', ');
    throw new MeshError('UNREACHABLE', `no instance of "${agent}" serves: ${states}`, {
      hint: `see "mesh logs ${agent}"`,
    });
  }
  const rank = (instance: AgentView) =>
    [!instance.reachable, SERVING.indexOf(instance.state), instance.machine !== machine].map(Number);
  const best = serving.map(rank).sort(compareRanks)[0] ?? [];
  const equals = serving.filter((instance) => compareRanks(rank(instance), best) === 0);
  return equals[turn % equals.length] as AgentView;
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
