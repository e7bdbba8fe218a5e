/** How a node reads its fleet: when it starts, and anew for each reload. */
import {
  type FleetConfig,
  type LoadFleetOptions,
  loadFleet,
  type MachineConfig,
} from '../../../common/config/fleet-config.js';
import { MeshError } from '../../../common/core/errors.js';
import { nearest } from '../../../common/core/nearest.js';
import { findProcesses, isDaemon, tokenOf } from '../../../common/core/process-scan.js';
import { ownStarter, thisBox } from '../programs/this-box.js';

export interface NodeFleetOptions {
  readonly home: string;
  readonly environment?: string | undefined;
  /** Main when absent. */
  readonly machine?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

export interface NodeFleet {
  readonly fleet: FleetConfig;
  readonly machine: MachineConfig;
}

/** The fleet as the node of one machine starts it: what that machine runs must be here. @throws CONFIG_INVALID, NOT_FOUND */
export function loadNodeFleet(options: NodeFleetOptions): NodeFleet {
  const { machine: asked, env } = options;
  return placed(options, ({ name, role }) =>
    (asked === undefined ? role === 'main' : asked === name) ? thisBox(env, ownStarter()) : undefined,
  );
}

/**
 * The fleet as a node takes it over whose agents live: a program or a folder that has vanished meanwhile costs the one
 * agent that needs it, when it is started, and not the supervision of all the others. @throws as `loadNodeFleet`
 */
export function loadFleetOfLiving(options: NodeFleetOptions): NodeFleet {
  try {
    return loadNodeFleet(options);
  } catch (error) {
    const taken = placed(options, undefined);
    const { home, machine } = { home: taken.fleet.home, machine: taken.machine.name };
    if (findProcesses(tokenOf(home, machine)).every((process) => isDaemon(process))) throw error;
    return taken;
  }
}

function placed({ home, environment, machine: asked }: NodeFleetOptions, boxOf: LoadFleetOptions['boxOf']): NodeFleet {
  const fleet = loadFleet({ home, env: environment, ...(boxOf === undefined ? {} : { boxOf }) });
  const name = asked ?? fleet.main.name;
  const machine = fleet.machines.get(name);
  if (machine !== undefined) return { fleet, machine };
  const near = nearest(name, [...fleet.machines.keys()]);
  throw new MeshError('NOT_FOUND', `there is no machine "${name}" in config/mesh.yaml`, {
    hint: near === undefined ? 'see "mesh status"' : `did you mean ${near}?`,
  });
}
