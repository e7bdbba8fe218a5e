/** What a node is opened with. */
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import type { MeshError } from '../../common/core/errors.js';
import type { LogLevel } from '../../common/core/log-level.js';
import type { AgentLog } from '../../common/log/log.js';
import type { NodeFleet } from './reload/node-fleet.js';

export interface NodeOptions {
  readonly fleet: FleetConfig;
  readonly machine: MachineConfig;
  /** The files as they are now. @throws CONFIG_INVALID, NOT_FOUND */
  readonly load: () => NodeFleet;
  readonly version: string;
  readonly log: AgentLog;
  readonly logLevel: LogLevel;
  readonly env: NodeJS.ProcessEnv;
  /** Somebody asked it to stop: the owner of the process decides how it ends. */
  readonly onStop: () => void;
  /** It cannot go on without its journal; a new node can. */
  readonly onFatal: (error: MeshError) => void;
}
