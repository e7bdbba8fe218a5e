/** The box that this process is on, as the check of a configuration sees it, and how a node reads its own. */
import { getPriority } from 'node:os';
import type { Box } from '../../common/config/box.js';
import { type FleetConfig, loadFleet, type MachineConfig } from '../../common/config/fleet-config.js';
import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import { accountNamed } from './child-process.js';

export const thisBox = (env: NodeJS.ProcessEnv, starter: Box['starter']): Box => ({
  path: env['PATH'] ?? DEFAULT_PATH,
  starter,
  uidOf: (user) => {
    try {
      return accountNamed(user).uid;
    } catch {
      return undefined;
    }
  },
});

/** Who starts the agents when this process does. */
export const ownStarter = (): Box['starter'] => ({ uid: process.getuid?.() ?? 0, nice: getPriority() });

/** Where programs are looked for when nobody says it. */
const DEFAULT_PATH = '/bin:/usr/bin';

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
export function loadNodeFleet({ home, environment, machine: asked, env }: NodeFleetOptions): NodeFleet {
  const fleet = loadFleet({
    home,
    env: environment,
    boxOf: ({ name, role }) =>
      (asked === undefined ? role === 'main' : asked === name) ? thisBox(env, ownStarter()) : undefined,
  });
  const name = asked ?? fleet.main.name;
  const machine = fleet.machines.get(name);
  if (machine !== undefined) return { fleet, machine };
  const near = nearest(name, [...fleet.machines.keys()]);
  throw new MeshError('NOT_FOUND', `there is no machine "${name}" in config/mesh.yaml`, {
    hint: near === undefined ? 'see "mesh status"' : `did you mean ${near}?`,
  });
}
