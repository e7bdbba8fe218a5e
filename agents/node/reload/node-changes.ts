/**
 * What of a configuration a node cannot take over as it runs: where its own sockets and those of the other machines are,
 * and how it was set up. Pure.
 */
import type { FleetConfig, MachineConfig } from '../../../common/config/fleet-config.js';
import type { NodeFleet } from './node-fleet.js';

/** One line for each value that takes effect only when the node is started anew: `name: before → after`. */
export function nodeChanges(running: NodeFleet, next: NodeFleet): string[] {
  const before = valuesOf(running);
  const after = valuesOf(next);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? 'none'} → ${after.get(name) ?? 'none'}`);
}

/** A machine as its file has it now, at the places where its node and its broker are. */
export const atPlacesOf = (running: MachineConfig, next: MachineConfig): MachineConfig => ({
  ...next,
  role: running.role,
  address: running.address,
  listen: running.listen,
  endpoints: running.endpoints,
  bindEndpoints: running.bindEndpoints,
  launch: running.launch,
  logs: running.logs,
  journal: running.journal,
});

function valuesOf({ fleet, machine }: NodeFleet): Map<string, string> {
  const { launch, logs, journal } = machine;
  const own = Object.entries({ ...launch, ...logs, ...journal }).map(([key, value]) => [key, String(value)] as const);
  return new Map([
    ['mesh', fleet.meshName],
    ['security', fleet.security ?? 'none'],
    ...[...fleet.machines.values()].flatMap(placesOf),
    ...own,
  ]);
}

/** An agent's port is its own affair: it is told at its start. */
function placesOf({ name, role, address, listen, ports }: FleetConfig['main'] | MachineConfig): [string, string][] {
  const { agents: _, ...sockets } = ports;
  const values = { role, address, listen, ...sockets };
  return Object.entries(values).map(([key, value]) => [`${name}.${key}`, String(value)]);
}
