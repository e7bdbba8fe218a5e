/**
 * Whether ports.json fits the machines: every machine has the ports of its role, no entry speaks of a machine or an
 * agent that does not exist, and no two sockets of one box want the same port. Pure; whether a port is free right now
 * is another question (ports.ts).
 */
import { didYouMean } from '../../core/nearest.js';
import type { PortsFile } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Path, type Tree } from '../source/tree.js';
import { isLoopback, isWildcard } from './addresses.js';
import type { Machine } from './machines.js';

/** @param known machine → its agents, including what an overlay left out. */
export function checkPortPlan(
  ports: PortsFile,
  tree: Tree,
  machines: readonly Machine[],
  known: ReadonlyMap<string, ReadonlySet<string>>,
): Issue[] {
  return [
    ...machines.flatMap((machine) => checkRole(machine, ports, tree)),
    ...checkOwners(ports, tree, known),
    ...checkClashes(ports, tree, machines),
  ];
}

function checkRole(machine: Machine, ports: PortsFile, tree: Tree): Issue[] {
  const own = ports[machine.name];
  if (own === undefined) {
    return [
      issueAt(
        tree.origin,
        `there are no ports for machine \`${machine.name}\``,
        `add "${machine.name}": { "node": …, "publish": …, "subscribe": …, "broker": … }`,
      ),
    ];
  }
  return (['registry', 'log'] as const).flatMap((name) => {
    const wanted = machine.role === 'main';
    if (wanted === (own[name] !== undefined)) return [];
    const origin = originAt(tree, [machine.name, name]);
    return wanted
      ? [issueAt(origin, `machine \`${machine.name}\` has the role main and needs a port \`${name}\``, 'add it')]
      : [issueAt(origin, `machine \`${machine.name}\` has no ${name}: only the main machine does`, 'remove the port')];
  });
}

function checkOwners(ports: PortsFile, tree: Tree, known: ReadonlyMap<string, ReadonlySet<string>>): Issue[] {
  const refuse = (path: Path, what: string, name: string, names: Iterable<string>): Issue =>
    issueAt(originAt(tree, path), `${what}${didYouMean(name, names)}`, 'remove the entry, or correct the name');
  return Object.entries(ports).flatMap(([machine, { agents = {} }]) => {
    const agentNames = known.get(machine);
    if (agentNames === undefined)
      return [refuse([machine], `there is no machine \`${machine}\``, machine, known.keys())];
    return Object.keys(agents)
      .filter((agent) => !agentNames.has(agent))
      .map((agent) =>
        refuse([machine, 'agents', agent], `machine \`${machine}\` has no agent \`${agent}\``, agent, agentNames),
      );
  });
}

interface Claim {
  readonly machine: Machine;
  readonly name: string;
  readonly port: number;
  readonly origin: Origin;
}

function checkClashes(ports: PortsFile, tree: Tree, machines: readonly Machine[]): Issue[] {
  const claims = machines.flatMap((machine) => claimsOf(machine, ports, tree));
  return [...groupByPort(claims).values()].flatMap((rivals) =>
    rivals.flatMap((claim, index) => {
      const earlier = rivals.slice(0, index).find((other) => shareBox(other.machine, claim.machine));
      if (earlier === undefined) return [];
      const what = `port ${claim.port} is used twice on ${claim.machine.listen}: ${earlier.name} and ${claim.name}`;
      return [
        issueAt(
          claim.origin,
          what,
          `${earlier.name} has it on line ${earlier.origin.line}; give one of them another port`,
        ),
      ];
    }),
  );
}

function claimsOf(machine: Machine, ports: PortsFile, tree: Tree): Claim[] {
  const { agents = {}, ...own } = ports[machine.name] ?? {};
  const claim = (path: readonly string[], port: number): Claim => ({
    machine,
    name: [machine.name, ...path].join('.'),
    port,
    origin: originAt(tree, [machine.name, ...path]),
  });
  return [
    ...Object.entries(own).map(([name, port]) => claim([name], port)),
    ...Object.entries(agents).map(([name, port]) => claim(['agents', name], port)),
  ];
}

/**
 * Whether two machines would bind one and the same socket address. A wildcard takes the port on every address of its
 * box; that two machines are one box is certain when they share an address or both live on loopback.
 */
function shareBox(a: Machine, b: Machine): boolean {
  if (a.name === b.name) return true;
  if (a.listen === b.listen && !isWildcard(a.listen)) return true;
  const oneBox = a.address === b.address || (isLoopback(a.address) && isLoopback(b.address));
  return oneBox && (isWildcard(a.listen) || isWildcard(b.listen));
}

function groupByPort(claims: readonly Claim[]): Map<number, Claim[]> {
  const groups = new Map<number, Claim[]>();
  for (const claim of claims) groups.set(claim.port, [...(groups.get(claim.port) ?? []), claim]);
  return groups;
}
