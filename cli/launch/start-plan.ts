/**
 * Which machines `up` and `down` mean, and whether nothing stands in the way of a start: everything that can be refused
 * is refused here, before the first process.
 */
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { isLocalAddress } from '../../common/config/machines/local-machine.js';
import { refuseTakenPorts } from '../../common/config/machines/ports.js';
import { MeshError } from '../../common/core/errors.js';
import { AGENT_VARIABLE, findProcesses, isDaemon, tokenOf } from '../../common/core/process-scan.js';
import type { Context } from '../command/context.js';
import { type FleetPort, fleetPorts, strangersOf } from '../fleet/fleet-ports.js';

export const isLocal = ({ address }: MachineConfig): boolean => isLocalAddress(address);

/** The command that starts a machine where it is. */
export function startOverThere({ name, address }: MachineConfig): string {
  const script = SCRIPTED.includes(name) ? `scripts/start-${name}.sh` : `mesh up ${name}`;
  return `run "${script}" over there, on ${address}`;
}

/** Machines of the sample that have a script of their own. */
const SCRIPTED = ['main', 'pc2'];

/**
 * Main first: the others find it up.
 * @throws MeshError NOT_FOUND for an unknown name, USAGE for a machine that is not this box
 */
export async function machinesToStart(
  context: Context,
  names: readonly string[],
  all: boolean,
): Promise<MachineConfig[]> {
  const fleet = await context.fleet();
  if (all && names.length > 0) {
    throw new MeshError('USAGE', '--all and names of machines contradict each other', { hint: 'give one of the two' });
  }
  const chosen = all ? [...fleet.machines.values()].filter(isLocal) : await named(context, names);
  const far = chosen.find((machine) => !isLocal(machine));
  if (far !== undefined) {
    const local = [...fleet.machines.values()].filter(isLocal).map(({ name }) => name);
    const own = local.length === 0 ? '' : `, or start what is here: mesh up ${local.join(' ')}`;
    throw new MeshError('USAGE', `${far.name} is not this box: no interface here has the address ${far.address}`, {
      hint: `${startOverThere(far)}${own}`,
    });
  }
  if (chosen.length > 0) return mainFirst(chosen);
  throw new MeshError('USAGE', 'no machine of the fleet has an address of this box', {
    hint: 'write the addresses of this box into config/mesh.yaml',
  });
}

/** Default: every machine of this box. Main last, so that the others hand over what they have. */
export async function machinesToStop(context: Context, names: readonly string[]): Promise<MachineConfig[]> {
  const { machines } = await context.fleet();
  const chosen = names.length > 0 ? await named(context, names) : [...machines.values()].filter(isLocal);
  return mainFirst(chosen).reverse();
}

async function named(context: Context, names: readonly string[]): Promise<MachineConfig[]> {
  if (names.length > 0) return Promise.all([...new Set(names)].map((name) => context.machine(name)));
  const { machine } = await context.settings();
  return [machine === undefined ? (await context.fleet()).main : await context.machine(machine)];
}

const mainFirst = (machines: readonly MachineConfig[]): MachineConfig[] =>
  [...machines].sort((a, b) => Number(b.role === 'main') - Number(a.role === 'main'));

/** @throws MeshError ALREADY_RUNNING, PORT_IN_USE */
export async function refuseObstacles(fleet: FleetConfig, machines: readonly MachineConfig[]): Promise<FleetPort[]> {
  const running = machines.flatMap(({ name }) => {
    const daemons = findProcesses(tokenOf(fleet.home, name)).filter(isDaemon);
    // A keeper without a node is about to start one.
    const shown = daemons.find(({ env }) => env[AGENT_VARIABLE] === 'node') ?? daemons[0];
    return shown === undefined ? [] : [{ name, who: `${shown.env[AGENT_VARIABLE]} process ${shown.pid}` }];
  });
  if (running.length > 0) {
    const who = running.map((one) => `${one.name} (${one.who})`).join(' and ');
    throw new MeshError('ALREADY_RUNNING', `${who} ${running.length === 1 ? 'runs' : 'run'} already`, {
      hint: `look at it with "mesh ps", or stop it with "mesh down ${running.map(({ name }) => name).join(' ')}"`,
    });
  }
  // What an agent or broker of an earlier node still holds is adopted by the new one.
  const ports = await fleetPorts(fleet, machines);
  refuseTakenPorts(strangersOf(ports));
  return ports;
}
