/**
 * The ports of the fleet with what is known of each right now. A port that a process of this very mesh holds is `used`,
 * not `taken`: only a stranger on a port is a fault.
 */
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { type CheckedPortRow, checkPorts, listPorts } from '../../common/config/machines/ports.js';
import { AGENT_VARIABLE, findProcesses, tokenOf } from '../../common/core/process-scan.js';
import type { Colors, ListForm } from '../terminal/output.js';

export interface FleetPort extends Omit<CheckedPortRow, 'state'> {
  readonly state: CheckedPortRow['state'] | 'used';
}

export async function fleetPorts(fleet: FleetConfig, machines: readonly MachineConfig[]): Promise<FleetPort[]> {
  const chosen = new Set(machines.map(({ name }) => name));
  const checked = await checkPorts(listPorts(fleet).filter(({ machine }) => chosen.has(machine)));
  const alive = new Map(machines.map(({ name }) => [name, livingParts(fleet.home, name)]));
  return checked.map((row) =>
    row.state === 'taken' && alive.get(row.machine)?.has(row.owner) ? { ...row, state: 'used' } : row,
  );
}

/** `node`, `broker` and agents of a machine that have a process. */
export const livingParts = (home: string, machine: string): ReadonlySet<string> =>
  new Set(findProcesses(tokenOf(home, machine)).map(({ env }) => env[AGENT_VARIABLE] ?? ''));

/** What refuseTakenPorts is to judge: ports that this mesh itself holds are no obstacle. */
export const strangersOf = (ports: readonly FleetPort[]): CheckedPortRow[] =>
  ports.flatMap((port) => (port.state === 'used' ? [] : [{ ...port, state: port.state }]));

export interface PortLine {
  readonly name: string;
  readonly machine: string;
  readonly port: number;
  readonly protocol: string;
  readonly state: string;
  readonly owner: string;
  readonly listen: string;
  readonly line: string;
}

export const portLineOf = ({ name, machine, port, protocol, state, owner, listen, origin }: FleetPort): PortLine => ({
  name,
  machine,
  port,
  protocol,
  state,
  owner,
  listen,
  line: `${origin.file}:${origin.line}`,
});

export const portForm = (colors: Colors): ListForm<PortLine> => ({
  columns: [
    { head: 'machine', value: ({ machine }) => machine },
    { head: 'name', value: ({ name }) => name },
    { head: 'port', value: ({ port }) => String(port) },
    { head: 'protocol', value: ({ protocol }) => protocol, optional: true },
    { head: 'state', value: ({ state }) => stateText(state, colors) },
    { head: 'owner', value: ({ owner }) => owner, wide: true },
    { head: 'listen', value: ({ listen }) => listen, wide: true },
    { head: 'written in', value: ({ line }) => line, wide: true },
  ],
  name: ({ machine, name }) => `${machine}.${name}`,
  empty: 'no ports',
});

function stateText(state: string, { red, green, dim }: Colors): string {
  if (state === 'taken' || state === 'denied') return red(state);
  return state === 'used' ? green(state) : dim(state);
}
