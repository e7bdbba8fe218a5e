/** `echo` or `echo@pc2`, as people name agents, and the agents of the configuration that it means. Pure. */
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';

export interface AgentReference {
  readonly agent: string;
  readonly machine: string | undefined;
}

const REFERENCE = /^([a-z][a-z0-9-]*)(?:@([a-z][a-z0-9-]*))?$/;
/** Parts of every machine that have an output and a row like any agent. */
const PARTS = ['node', 'broker'];

/** @throws MeshError USAGE */
export function parseAgentReference(text: string): AgentReference {
  const [, agent, machine] = REFERENCE.exec(text) ?? [];
  if (agent === undefined) {
    throw new MeshError('USAGE', `"${text.slice(0, 200)}" does not name an agent`, {
      hint: 'write AGENT or AGENT@MACHINE, as in echo or echo@pc2',
    });
  }
  return { agent, machine };
}

/** Every machine whose configuration has that agent. @throws MeshError NOT_FOUND with the nearest name */
export function machinesWith(reference: AgentReference, fleet: FleetConfig): MachineConfig[] {
  const { agent, machine } = reference;
  if (machine !== undefined && !fleet.machines.has(machine)) {
    throw notFound(`the fleet has no machine "${machine}"`, nearest(machine, fleet.machines.keys()));
  }
  const searched = [...fleet.machines.values()].filter(({ name }) => machine === undefined || name === machine);
  const found = searched.filter((candidate) => namesOn(candidate).includes(agent));
  if (found.length > 0) return found;
  throw notFound(`no agent "${agent}" on ${machine ?? 'any machine'}`, nearest(agent, searched.flatMap(namesOn)));
}

export const namesOn = (machine: MachineConfig): string[] => [...machine.agents.map(({ name }) => name), ...PARTS];

function notFound(message: string, near: string | undefined): MeshError {
  return new MeshError('NOT_FOUND', message, {
    hint: 'mesh ps',
    ...(near === undefined ? {} : { details: { didYouMean: near } }),
  });
}
