/**
 * The variables that a process of this machine sees: a few of the node's own, those that its set names, and the words of
 * the node itself, which nobody can override. Everything else of the node's surroundings stays out. Pure.
 */
import type { AgentSpec } from '../../../common/config/agents/agent-specs.js';
import type { FleetConfig, MachineConfig } from '../../../common/config/fleet-config.js';
import type { LogLevel } from '../../../common/core/log-level.js';
import { AGENT_VARIABLE, EPOCH_VARIABLE, TOKEN_VARIABLE, tokenOf } from '../../../common/core/process-scan.js';
import type { MachineFolder } from '../machine/machine-folder.js';

/** Of all the processes that a machine plans. */
export interface Surroundings {
  readonly fleet: FleetConfig;
  readonly machine: MachineConfig;
  readonly folder: MachineFolder;
  readonly logLevel: LogLevel;
  /** The release of the mesh: an agent under our SDK of another release is outdated. */
  readonly version: string;
  /** Of the node itself: only what is on the list reaches a child. */
  readonly env: NodeJS.ProcessEnv;
}

export type Environment = Readonly<Record<string, string>>;

/** Variables of the node's own environment that its children see; everything else is given or absent. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
/** Those of a person: an agent that runs as somebody else gets that one's instead. */
const PERSONAL = ['HOME', 'USER'];

export function brokerEnvironment(name: string, epoch: number, options: Surroundings): Environment {
  const { machine, folder, logLevel, env } = options;
  const part = {
    machine: machine.name,
    role: machine.role,
    bind: machine.bindEndpoints,
    logLevel,
    ...(machine.role === 'main' ? { logFile: folder.meshLog, node: machine.endpoints.node } : {}),
  };
  return {
    // Node reads a file of certificates at every start, for longer than all else takes; a broker speaks no TLS.
    ...pick(
      env,
      INHERITED.filter((key) => key !== 'NODE_EXTRA_CA_CERTS'),
    ),
    ...wordsOfTheNode(name, epoch, options),
    // The proxy holds one thread of libuv's pool for life.
    UV_THREADPOOL_SIZE: '8',
    MESH_BROKER: JSON.stringify({ ...part, epoch }),
  };
}

export function agentEnvironment(spec: AgentSpec, epoch: number, options: Surroundings): Environment {
  const { fleet, machine, folder, env } = options;
  // Somebody else has no right to the folder.
  const ipc = spec.user === undefined ? folder.sockets.endpointOf(spec.name, epoch) : '';
  const inherited = spec.user === undefined ? INHERITED : INHERITED.filter((key) => !PERSONAL.includes(key));
  return {
    ...pick(env, [...inherited, ...spec.inheritEnv]),
    ...spec.env,
    ...wordsOfTheNode(spec.name, epoch, options),
    MESH_NODE: machine.endpoints.node,
    MESH_MACHINE: machine.name,
    MESH_LISTEN: `tcp://${machine.listen}:${spec.port}`,
    ...(ipc === '' ? {} : { MESH_IPC: ipc }),
    MESH_ADDRESS: machine.address,
    MESH_HOME: fleet.home,
    MESH_STOP_GRACE_MS: String(spec.stopGraceMs),
    ...(spec.telemetry ? {} : { MESH_TELEMETRY: 'off' }),
  };
}

const wordsOfTheNode = (
  name: string,
  epoch: number,
  { fleet, machine, folder, logLevel }: Surroundings,
): Environment => ({
  [TOKEN_VARIABLE]: tokenOf(fleet.home, machine.name),
  [AGENT_VARIABLE]: name,
  [EPOCH_VARIABLE]: String(epoch),
  MESH_LOG_LEVEL: logLevel,
  MESH_LAST_WORDS: folder.lastWordsOf(name, epoch),
});

const pick = (env: NodeJS.ProcessEnv, keys: readonly string[]): Environment =>
  Object.fromEntries(keys.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]] as const])));
