/**
 * Every port of the fleet as a table, and whether each one can be had right now. `checkPorts` binds each local port
 * for a moment (the only way to know) and lets go of it before it returns; it promises nothing about a moment later.
 */
import { createServer } from 'node:net';
import { MeshError, messageOf, systemCodeOf } from '../../core/errors.js';
import type { FleetConfig, MachineConfig } from '../fleet-config.js';
import { issueAt, lineOf } from '../source/issues.js';
import { type Origin, originAt } from '../source/tree.js';
import { isLocalAddress } from './local-machine.js';

export interface PortRow {
  /** The path of the number in ports.json below the machine: `registry`, `agents.echo`. */
  readonly name: string;
  readonly machine: string;
  readonly port: number;
  readonly protocol: 'tcp';
  readonly address: string;
  readonly listen: string;
  /** Who binds it: `node`, `broker` or the name of an agent. */
  readonly owner: string;
  readonly origin: Origin;
}

export interface CheckedPortRow extends PortRow {
  /** `denied`: the system refuses it for another reason than that it is taken. `remote`: not a port of this box. */
  readonly state: 'free' | 'taken' | 'denied' | 'remote';
  /** The system's words, for `taken` and `denied`. */
  readonly reason?: string;
}

/** Machine by machine, in the order of ports.json. */
export function listPorts(fleet: FleetConfig): PortRow[] {
  return [...fleet.machines.values()].flatMap((machine) => {
    const { agents = {}, ...own } = machine.ports;
    return [
      ...Object.entries(own).map(([name, port]) =>
        rowOf(fleet, machine, [name], port, name === 'node' ? 'node' : 'broker'),
      ),
      ...Object.entries(agents).map(([name, port]) => rowOf(fleet, machine, ['agents', name], port, name)),
    ];
  });
}

function rowOf(
  fleet: FleetConfig,
  machine: MachineConfig,
  path: readonly string[],
  port: number,
  owner: string,
): PortRow {
  return {
    name: path.join('.'),
    machine: machine.name,
    port,
    protocol: 'tcp',
    address: machine.address,
    listen: machine.listen,
    owner,
    origin: originAt(fleet.sources.ports, [machine.name, ...path]),
  };
}

export async function checkPorts(rows: readonly PortRow[]): Promise<CheckedPortRow[]> {
  const checked: CheckedPortRow[] = [];
  // One after another: two rows may ask for one port, and must not take it from each other.
  for (const row of rows)
    checked.push(isLocalAddress(row.address) ? await tryToBind(row) : { ...row, state: 'remote' });
  return checked;
}

/** @throws MeshError PORT_IN_USE that names every port of `rows` that this box cannot give. */
export function refuseTakenPorts(rows: readonly CheckedPortRow[]): void {
  const lost = rows.filter(({ state }) => state === 'taken' || state === 'denied');
  const [first] = lost;
  if (first === undefined) return;
  const lines = lost.map(({ origin, port, listen, machine, name, reason, state }) =>
    lineOf(
      issueAt(
        origin,
        `port ${port} on ${listen} (${name} of ${machine}) is ${state === 'taken' ? 'taken' : `denied: ${reason ?? ''}`}`,
      ),
    ),
  );
  throw new MeshError('PORT_IN_USE', lines.join('\n'), {
    hint: `see who has it with \`ss -ltnp 'sport = :${first.port}'\`, stop that, or change the number in ${first.origin.file}`,
    details: { ports: lost.map(({ machine, name, port, listen, state }) => ({ machine, name, port, listen, state })) },
  });
}

function tryToBind(row: PortRow): Promise<CheckedPortRow> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      const state = systemCodeOf(error) === 'EADDRINUSE' ? 'taken' : 'denied';
      resolve({ ...row, state, reason: messageOf(error) });
    });
    server.listen({ host: row.listen, port: row.port, exclusive: true }, () => {
      server.close(() => resolve({ ...row, state: 'free' }));
    });
  });
}
