/** What `mesh up` would do with one machine: its agents in waves, each with what it waits for and what it runs. Pure. */
import type { AgentSpec, Program } from '../../common/config/agents/agent-specs.js';
import type { MachineConfig } from '../../common/config/fleet-config.js';
import type { PortLine } from '../fleet/fleet-ports.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { counted, secondsText } from '../terminal/quantity.js';

export interface PlannedAgent {
  readonly agent: string;
  readonly instance: string;
  /** Counts from 0, like everywhere. */
  readonly wave: number;
  readonly after: readonly { readonly agent: string; readonly condition: string }[];
  readonly required: boolean;
  /** The module as written, or the command line. */
  readonly program: string;
  readonly restart: string;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
  /** Fixed in ports.json; null where the system picks. */
  readonly port: number | null;
}

export interface LaunchPlan {
  readonly machine: string;
  readonly role: string;
  readonly address: string;
  readonly waves: readonly (readonly string[])[];
  /** Agents that may be starting at once. */
  readonly parallel: number;
  /** After this long at most a start is given up that hangs. */
  readonly boundMs: number;
  readonly agents: readonly PlannedAgent[];
  readonly ports: readonly PortLine[];
}

export function launchPlanOf(machine: MachineConfig, boundMs: number, ports: readonly PortLine[]): LaunchPlan {
  const { name, role, address, waves, launch, agents } = machine;
  const own = ports.filter((port) => port.machine === name);
  return {
    machine: name,
    role,
    address,
    waves,
    parallel: launch.parallel,
    boundMs,
    agents: agents.map(plannedAgentOf),
    ports: own,
  };
}

const plannedAgentOf = (spec: AgentSpec): PlannedAgent => ({
  agent: spec.name,
  instance: spec.instance,
  wave: spec.wave,
  after: spec.after,
  required: spec.required,
  program: programText(spec.program),
  restart: spec.restart.policy,
  readyTimeoutMs: spec.readyTimeoutMs,
  stopGraceMs: spec.stopGraceMs,
  port: spec.port === 0 ? null : spec.port,
});

const programText = (program: Program): string =>
  program.kind === 'module' ? program.module : program.argv.map(quoted).join(' ');

/** As one would type it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function planTitle(
  { machine, role, address, agents, waves, parallel, boundMs }: LaunchPlan,
  colors: Colors,
): string {
  const size = `${counted(agents.length, 'agent')} in ${counted(waves.length, 'wave')}`;
  const pace = `${parallel} at a time, given up after ${secondsText(boundMs)}`;
  return `${colors.bold(machine)} (${role}, ${address}): ${size}, ${pace}`;
}

export const planForm = (colors: Colors): ListForm<PlannedAgent> => ({
  columns: [
    { head: 'wave', value: ({ wave }) => String(wave) },
    { head: 'agent', value: ({ agent, required }) => (required ? `${colors.bold(agent)} (required)` : agent) },
    { head: 'starts after', value: ({ after }) => after.map(conditionText).join(', ') || '-' },
    { head: 'ready within', value: ({ readyTimeoutMs }) => secondsText(readyTimeoutMs), optional: true },
    { head: 'restart', value: ({ restart }) => restart, optional: true },
    { head: 'stops within', value: ({ stopGraceMs }) => secondsText(stopGraceMs), wide: true },
    { head: 'port', value: ({ port }) => String(port ?? '-'), wide: true },
    { head: 'program', value: ({ program }) => program },
  ],
  name: ({ instance }) => instance,
  empty: 'no agents',
});

const conditionText = ({ agent, condition }: PlannedAgent['after'][number]): string =>
  condition === 'ready' ? agent : `${agent} ${condition}`;
