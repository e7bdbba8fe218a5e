/** Which instance of a service a call goes to. Pure: the same views and turn give the same answer. */
import { MeshError } from '../../../common/core/errors.js';
import { nearest } from '../../../common/core/nearest.js';
import type { CallTarget } from '../../../common/protocol/name.js';
import type { AgentView } from '../../../common/protocol/registry-entry.js';

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
export function chooseInstance(choice: Choice): AgentView {
  const { target, instances, machine, turn } = choice;
  // Two passes and no list: this runs for every call.
  let bestRank = NOT_SERVING;
  let equalCount = 0;
  for (const instance of instances) {
    const rank = rankOf(instance, target, machine);
    if (rank < bestRank) {
      bestRank = rank;
      equalCount = 1;
    } else if (rank === bestRank) equalCount++;
  }
  if (bestRank === NOT_SERVING) throw refusalOf(choice);
  let skipped = turn % equalCount;
  for (const instance of instances) {
    if (rankOf(instance, target, machine) === bestRank && skipped-- === 0) return instance;
  }
  throw refusalOf(choice);
}

/** The lower the better: out of reach weighs more than busy, and busy more than another machine. */
function rankOf({ reachable, state, control, machine }: AgentView, target: CallTarget, ownMachine: string): number {
  if (target.machine !== undefined && machine !== target.machine) return NOT_SERVING;
  const serving = SERVING.indexOf(state);
  if (serving === -1 || control === '') return NOT_SERVING;
  return (reachable ? 0 : 4) + 2 * serving + (machine === ownMachine ? 0 : 1);
}

const NOT_SERVING = 8;

function refusalOf({ target: { service: agent = '', machine }, instances, services }: Choice): MeshError {
  if (instances.length === 0) {
    const near = nearest(agent, services);
    return new MeshError('NOT_FOUND', `there is no agent "${agent}"`, {
      hint: near === undefined ? 'see "mesh registry ls"' : `did you mean ${near}?`,
    });
  }
  const candidates = instances.filter((instance) => machine === undefined || instance.machine === machine);
  if (candidates.length === 0) {
    return new MeshError('NOT_FOUND', `there is no agent "${agent}" on ${machine}`, {
      hint: `it runs on ${instances.map((instance) => instance.machine).join(', ')}`,
    });
  }
  const supervised = candidates.filter(({ state, control }) => SERVING.includes(state) && control === '');
  if (supervised.length > 0) {
    const names = supervised.map(({ instance }) => instance).join(', ');
    return new MeshError('UNKNOWN_METHOD', `${names} takes no calls: it is a program that is only supervised`, {
      hint: 'a program that speaks the protocol (docs/PROTOCOL.md) has "attaches: true" in its set',
    });
  }
  const states = candidates.map((instance) => `${instance.instance} is ${instance.state}`).join(', ');
  return new MeshError('UNREACHABLE', `no instance of "${agent}" serves: ${states}`, {
    hint: `see "mesh logs ${agent}"`,
  });
}
