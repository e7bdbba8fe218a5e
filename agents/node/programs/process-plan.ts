/** What a node starts, and with what: one plan for the broker of its machine and one for each agent. Pure. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  AgentSpec,
  Dependency,
  HookName,
  ProbeCheck,
  ProbeSpec,
  ResourceBounds,
  RestartSpec,
} from '../../../common/config/agents/agent-specs.js';
import { limits } from '../../../common/core/limits.js';
import { type PlanKeys, planKeys } from './plan-keys.js';
import { agentEnvironment, brokerEnvironment, type Environment, type Surroundings } from './process-environment.js';

export const BROKER = 'broker';

/**
 * How its readiness is known. attach: it attaches and says so itself · probe: its `ready` probe passes · start: it is
 * ready as soon as it runs · ask: its control socket answers
 */
export type Readiness = 'attach' | 'probe' | 'start' | 'ask';

export interface ProcessPlan extends PlanKeys {
  readonly name: string;
  /** What must be so first, of other processes of the machine; for an agent the broker's readiness is one of them. */
  readonly after: readonly Dependency[];
  /** The broker's is 0. */
  readonly wave: number;
  /** No later wave starts before it is ready. */
  readonly required: boolean;
  readonly executable: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Whom it runs as: the node's own user when absent. */
  readonly user: string | undefined;
  readonly nice: number | undefined;
  /** Its part of the configuration, handed over when it attaches. */
  readonly config: unknown;
  readonly readiness: Readiness;
  readonly ready: ProbeSpec | undefined;
  readonly alive: ProbeSpec | undefined;
  /** Where `readiness` is ask: the control socket that is asked. */
  readonly probe: string | undefined;
  readonly hooks: Readonly<Partial<Record<HookName, readonly string[]>>>;
  readonly hookTimeoutMs: number;
  readonly restart: RestartSpec;
  readonly limits: ResourceBounds;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly logFile: string;
  env(epoch: number): Environment;
}

const fileBeside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The broker first; an agent without dependencies of its own waits for the broker alone. */
export function planProcesses(options: Surroundings): ProcessPlan[] {
  return [planBroker(options), ...options.machine.agents.map((spec) => planAgent(spec, options))];
}

function planBroker(options: Surroundings): ProcessPlan {
  const { fleet, machine, folder, version } = options;
  return {
    name: BROKER,
    after: [],
    wave: 0,
    required: true,
    executable: process.execPath,
    argv: [fileBeside('../../../broker/main.js')],
    cwd: fleet.home,
    user: undefined,
    nice: undefined,
    config: undefined,
    readiness: 'ask',
    ready: undefined,
    alive: undefined,
    probe: machine.endpoints.broker,
    hooks: {},
    hookTimeoutMs: limits.hookTimeoutMs,
    restart: BROKER_RESTART,
    limits: {},
    readyTimeoutMs: limits.readyTimeoutMs,
    stopGraceMs: limits.stopGraceMs,
    logFile: folder.logOf(BROKER),
    env: (epoch) => brokerEnvironment(BROKER, epoch, options),
    ...planKeys({ role: machine.role, bind: machine.bindEndpoints, version }, {}),
  };
}

/** Never quarantined: without it there is no machine. */
const BROKER_RESTART: RestartSpec = {
  policy: 'always',
  firstMs: limits.restartFirstMs,
  maxMs: limits.brokerRestartMaxMs,
  stableMs: limits.restartStableMs,
  starts: Number.POSITIVE_INFINITY,
  windowMs: limits.restartWindowMs,
};

function planAgent(spec: AgentSpec, options: Surroundings): ProcessPlan {
  const { home } = options.fleet;
  const { required, cwd, user, nice, config, hookTimeoutMs, restart, readyTimeoutMs, stopGraceMs } = spec;
  const [executable, ...argv] =
    spec.program.kind === 'module'
      ? [process.execPath, fileBeside('../../sdk/run.cjs'), spec.program.path]
      : commandIn(home, spec.program.argv);
  return {
    name: spec.name,
    after: [{ agent: BROKER, condition: 'ready' }, ...spec.after],
    wave: spec.wave + 1,
    required,
    executable,
    argv,
    cwd,
    user,
    nice,
    config,
    readiness: readinessOf(spec),
    ready: probeIn(home, spec.ready),
    alive: probeIn(home, spec.alive),
    probe: undefined,
    hooks: Object.fromEntries(Object.entries(spec.hooks).map(([name, argv]) => [name, commandIn(home, argv)])),
    hookTimeoutMs,
    restart,
    limits: spec.limits,
    readyTimeoutMs,
    stopGraceMs,
    logFile: options.folder.logOf(spec.name),
    env: (epoch) => agentEnvironment(spec, epoch, options),
    ...keysOf(spec, options),
  };
}

function readinessOf({ program, ready }: AgentSpec): Readiness {
  if (program.kind === 'module' || program.attaches) return 'attach';
  return ready === undefined ? 'start' : 'probe';
}

/** A program whose path begins with ./ is one of the fleet's folder, wherever it will run. */
function commandIn(home: string, [program = '', ...rest]: readonly string[]): [string, ...string[]] {
  return [program.startsWith('./') ? join(home, program) : program, ...rest];
}

const probeIn = (home: string, probe: ProbeSpec | undefined): ProbeSpec | undefined =>
  probe === undefined ? undefined : { ...probe, check: checkIn(home, probe.check) };

const checkIn = (home: string, check: ProbeCheck): ProbeCheck =>
  check.kind === 'exec' ? { ...check, argv: commandIn(home, check.argv) } : check;

function keysOf(spec: AgentSpec, { machine, version }: Surroundings): PlanKeys {
  const { program, config, env, inheritEnv, cwd, user, nice, telemetry, port, stopGraceMs } = spec;
  const { after, required, restart, ready, alive, hooks, hookTimeoutMs, readyTimeoutMs } = spec;
  const { node } = machine.endpoints;
  const what =
    program.kind === 'module'
      ? { module: program.path, version }
      : { command: program.argv, attaches: program.attaches };
  return planKeys(
    // The grace is told to the process in its environment.
    {
      ...what,
      config,
      env,
      inheritEnv,
      cwd,
      user,
      nice,
      port,
      stopGraceMs,
      // Where nothing is said the key is what it was before there was anything to say.
      ...(telemetry ? {} : { telemetry }),
      node,
      listen: machine.listen,
      address: machine.address,
    },
    { after, required, restart, ready, alive, hooks, hookTimeoutMs, limits: spec.limits, readyTimeoutMs },
  );
}
