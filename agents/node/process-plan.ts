/** What a node starts, and with what: one plan for the broker of its machine and one for each agent. Pure. */
import { fileURLToPath } from 'node:url';
import type { AgentSpec } from '../../common/config/agent-specs.js';
import type { FleetConfig, MachineConfig } from '../../common/config/fleet-config.js';
import { limits } from '../../common/core/limits.js';
import type { LogLevel } from '../../common/core/log-level.js';
import { AGENT_VARIABLE, EPOCH_VARIABLE, TOKEN_VARIABLE, tokenOf } from '../../common/core/process-scan.js';
import type { MachineFolder } from './machine-folder.js';

export const BROKER = 'broker';

export interface ProcessPlan {
  readonly name: string;
  /** Other processes of the machine that must be ready first. */
  readonly after: readonly string[];
  readonly wave: number;
  readonly executable: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Its part of the configuration, handed over when it attaches. */
  readonly config: unknown;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly logFile: string;
  /** Set for a process that does not attach but is asked: ready when this control socket answers. */
  readonly probe: string | undefined;
  env(epoch: number): Record<string, string>;
}

export interface PlanOptions {
  readonly fleet: FleetConfig;
  readonly machine: MachineConfig;
  readonly folder: MachineFolder;
  readonly logLevel: LogLevel;
  /** Of the node itself: only what is on the list reaches a child. */
  readonly env: NodeJS.ProcessEnv;
}

/** Variables of the node's own environment that its children see; everything else is given or absent. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

const fileBeside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The broker first; an agent without dependencies of its own waits for the broker alone. */
export function planProcesses(options: PlanOptions): ProcessPlan[] {
  return [planBroker(options), ...options.machine.agents.map((spec) => planAgent(spec, options))];
}

function planBroker(options: PlanOptions): ProcessPlan {
  const { fleet, machine, folder, logLevel } = options;
  const part = {
    machine: machine.name,
    role: machine.role,
    bind: machine.bindEndpoints,
    logLevel,
    ...(machine.role === 'main' ? { logFile: folder.meshLog } : {}),
  };
  return {
    name: BROKER,
    after: [],
    wave: 0,
    executable: process.execPath,
    argv: [fileBeside('../../broker/main.js')],
    cwd: fleet.home,
    config: undefined,
    readyTimeoutMs: limits.readyTimeoutMs,
    stopGraceMs: limits.stopGraceMs,
    logFile: folder.logOf(BROKER),
    probe: machine.endpoints.broker,
    env: (epoch) => ({
      ...commonEnvironment(BROKER, epoch, options),
      // The proxy holds one thread of libuv's pool for life.
      UV_THREADPOOL_SIZE: '8',
      MESH_BROKER: JSON.stringify({ ...part, epoch }),
    }),
  };
}

function planAgent(spec: AgentSpec, options: PlanOptions): ProcessPlan {
  const { machine, folder, fleet } = options;
  return {
    name: spec.name,
    after: spec.after.length > 0 ? spec.after.map(({ agent }) => agent) : [BROKER],
    wave: spec.wave + 1,
    executable: process.execPath,
    argv: [fileBeside('../sdk/run.js'), spec.program.kind === 'module' ? spec.program.path : ''],
    cwd: fleet.home,
    config: spec.config,
    readyTimeoutMs: spec.readyTimeoutMs,
    stopGraceMs: spec.stopGraceMs,
    logFile: folder.logOf(spec.name),
    probe: undefined,
    env: (epoch) => ({
      ...commonEnvironment(spec.name, epoch, options),
      ...spec.env,
      MESH_NODE: machine.endpoints.node,
      MESH_MACHINE: machine.name,
      MESH_LISTEN: `tcp://${machine.listen}:${spec.port}`,
      MESH_ADDRESS: machine.address,
      MESH_HOME: fleet.home,
      MESH_STOP_GRACE_MS: String(spec.stopGraceMs),
    }),
  };
}

function commonEnvironment(
  name: string,
  epoch: number,
  { fleet, machine, folder, logLevel, env }: PlanOptions,
): Record<string, string> {
  const inherited = INHERITED.flatMap((key) => (env[key] === undefined ? [] : [[key, env[key]] as const]));
  return {
    ...Object.fromEntries(inherited),
    [TOKEN_VARIABLE]: tokenOf(fleet.home, machine.name),
    [AGENT_VARIABLE]: name,
    [EPOCH_VARIABLE]: String(epoch),
    MESH_LOG_LEVEL: logLevel,
    MESH_LAST_WORDS: folder.lastWordsOf(name, epoch),
  };
}
