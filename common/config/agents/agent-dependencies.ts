/**
 * Whether the agents of a machine can ever all start: what each waits for exists, comes before it, and can reach the
 * state that it waits for. Pure.
 */
import { didYouMean } from '../../core/nearest.js';
import type { AgentEntry, MachineFile } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Tree } from '../source/tree.js';
import type { Dependency } from './agent-specs.js';
import type { WavePlan } from './waves.js';

/** A list means `ready` of each. */
export const dependenciesOf = (after: AgentEntry['after'] = []): Dependency[] =>
  Array.isArray(after)
    ? after.map((agent) => ({ agent, condition: 'ready' }))
    : Object.entries(after).map(([agent, condition]) => ({ agent, condition }));

export function checkDependencies(plan: WavePlan, file: MachineFile, tree: Tree, machine: string): Issue[] {
  const placeOf = (agent: string, dependency: string): Origin => {
    const after = file.agents[agent]?.after;
    const key = Array.isArray(after) ? after.indexOf(dependency) : dependency;
    return originAt(tree, ['agents', agent, 'after', key]);
  };
  const unknown = plan.unknown.map(({ name, dependency }) => {
    const near = didYouMean(
      dependency,
      Object.keys(file.agents).filter((other) => other !== name),
    );
    const what = `\`${name}\` starts after \`${dependency}\`, but ${machine} has no such agent${near}`;
    return issueAt(placeOf(name, dependency), what, '`after` names agents of the same machine');
  });
  const cycles = plan.cycles.map((cycle) => {
    const [first = '', second = ''] = cycle;
    const what = `\`after\` goes in a circle: ${cycle.join(' → ')}`;
    return issueAt(placeOf(first, second), what, 'remove one of these dependencies');
  });
  return [...unknown, ...cycles, ...neverMet(file, placeOf)];
}

/** Whoever is started again whenever it ends never counts as completed. */
function neverMet(file: MachineFile, placeOf: (agent: string, dependency: string) => Origin): Issue[] {
  return Object.entries(file.agents).flatMap(([name, { after }]) =>
    dependenciesOf(after)
      .filter(({ agent, condition }) => condition === 'completed' && isAlwaysRestarted(file.agents[agent]))
      .map(({ agent }) =>
        issueAt(
          placeOf(name, agent),
          `\`${name}\` starts when \`${agent}\` has completed, but that one is started again whenever it ends`,
          `give \`${agent}\` \`restart: on-failure\` or \`restart: never\`, or wait for \`ready\``,
        ),
      ),
  );
}

function isAlwaysRestarted(entry: AgentEntry | undefined): boolean {
  if (entry === undefined) return false;
  const policy = typeof entry.restart === 'string' ? entry.restart : entry.restart?.policy;
  return policy === undefined || policy === 'always';
}
