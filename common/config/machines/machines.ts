/**
 * The machines of mesh.yaml: one of them is main, each has an address that others can reach and one to bind, and none
 * listens beyond its box unless the mesh says so. Pure.
 */

import type { MachinePorts, MeshFile } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { originAt, type Tree } from '../source/tree.js';
import { isBindable, isLoopback, isReachable, tcpEndpoint } from './addresses.js';

export interface Machine {
  readonly name: string;
  readonly role: 'main' | 'secondary';
  /** Where others reach it. */
  readonly address: string;
  /** Where its sockets are bound. */
  readonly listen: string;
}

/** `tcp://address:port` of each socket of a machine. */
export interface Endpoints {
  readonly node: string;
  readonly publish: string;
  readonly subscribe: string;
  /** Control socket of the broker program. */
  readonly broker: string;
  /** On the main machine only, as `log`. */
  readonly registry?: string;
  readonly log?: string;
}
export type MainEndpoints = Required<Endpoints>;

export const machinesOf = (mesh: MeshFile): Machine[] =>
  Object.entries(mesh.machines).map(([name, { role, address, listen }]) => ({
    name,
    role,
    address,
    listen: listen ?? address,
  }));

export function checkMachines(mesh: MeshFile, tree: Tree): Issue[] {
  const machines = machinesOf(mesh);
  return [...checkRoles(machines, tree), ...machines.flatMap((machine) => checkAddresses(machine, mesh, tree))];
}

function checkRoles(machines: readonly Machine[], tree: Tree): Issue[] {
  const [main, second] = machines.filter(({ role }) => role === 'main');
  if (main === undefined) {
    return [
      issueAt(originAt(tree, ['machines']), 'no machine has the role main', 'give exactly one machine `role: main`'),
    ];
  }
  if (second === undefined) return [];
  const what = `${main.name} and ${second.name} both have the role main`;
  return [issueAt(originAt(tree, ['machines', second.name, 'role']), what, 'give all but one `role: secondary`')];
}

function checkAddresses({ name, address, listen }: Machine, mesh: MeshFile, tree: Tree): Issue[] {
  const issues: Issue[] = [];
  if (!isReachable(address)) {
    const what = `the address of \`${name}\` is none that others can connect to: ${address}`;
    const hint = 'write an IP address or host name; a wildcard such as 0.0.0.0 belongs in `listen`';
    issues.push(issueAt(originAt(tree, ['machines', name, 'address']), what, hint));
  }
  // originAt names the machine's line when `listen` is not written, so ask for the key that is.
  const written = mesh.machines[name]?.listen === undefined ? 'address' : 'listen';
  const origin = originAt(tree, ['machines', name, written]);
  if (!isBindable(listen)) {
    if (issues.length > 0 && written === 'address') return issues;
    const what = `\`${name}\` cannot listen on ${listen}: it is not an IP address`;
    issues.push(issueAt(origin, what, 'add `listen` with an IP address of the machine, or 0.0.0.0 for all'));
  } else if (!isLoopback(listen) && mesh.security !== 'insecure') {
    const what = `\`${name}\` would listen on ${listen}, beyond loopback and without encryption`;
    const hint =
      'listen on 127.x.y.z, or write `security: insecure` into config/mesh.yaml if every host there is trusted';
    issues.push({ ...issueAt(origin, what, hint), code: 'INSECURE' });
  }
  return issues;
}

/** Sentences that every start must print. */
export function securityWarnings(mesh: MeshFile): string[] {
  if (mesh.security !== 'insecure') return [];
  const exposed = machinesOf(mesh).filter(({ listen }) => !isLoopback(listen));
  if (exposed.length === 0) return ['security: insecure is set, but no machine listens beyond loopback: remove it'];
  const where = exposed.map(({ name, listen }) => `${name} on ${listen}`).join(', ');
  return [`security: insecure: ${where} without encryption; whoever reaches these ports can read and command the mesh`];
}

/** @param address the machine's `address` to connect, its `listen` to bind. */
export function endpointsOn(address: string, ports: MachinePorts): Endpoints {
  return {
    node: tcpEndpoint(address, ports.node),
    publish: tcpEndpoint(address, ports.publish),
    subscribe: tcpEndpoint(address, ports.subscribe),
    broker: tcpEndpoint(address, ports.broker),
    ...(ports.registry === undefined ? {} : { registry: tcpEndpoint(address, ports.registry) }),
    ...(ports.log === undefined ? {} : { log: tcpEndpoint(address, ports.log) }),
  };
}

export const isMainEndpoints = (endpoints: Endpoints): endpoints is MainEndpoints =>
  endpoints.registry !== undefined && endpoints.log !== undefined;
