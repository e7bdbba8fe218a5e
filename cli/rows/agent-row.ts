/** An agent as the registry knows it, the way `registry` commands show it. Pure. */
import type { AgentView } from '../../common/protocol/registry-entry.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { ageText, isoTime } from '../terminal/quantity.js';
import { stateText } from './process-row.js';

export interface AgentRow {
  readonly agent: string;
  readonly instance: string;
  readonly machine: string;
  readonly state: string;
  /** Whether its machine is in reach. */
  readonly reachable: boolean;
  /** How old that knowledge is. */
  readonly ageMs: number;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly actions: readonly string[];
  readonly endpoints: { readonly control: string };
  readonly epoch: number;
  readonly pid: number | null;
  readonly since: string | null;
  /** How it fares; null while nobody has said. */
  readonly health: { readonly score: number | null; readonly reasons: readonly string[] } | null;
}

export function agentRowOf(view: AgentView): AgentRow {
  const { agent, instance, machine, state, reachable, version, capabilities, actions, control, epoch, pid, health } =
    view;
  return {
    agent,
    instance,
    machine,
    state,
    reachable,
    ageMs: Math.round(view.ageMs),
    version,
    capabilities,
    actions,
    endpoints: { control },
    epoch,
    pid: pid > 0 ? pid : null,
    since: isoTime(view.sinceMs),
    health: health === undefined ? null : { score: health.score ?? null, reasons: health.reasons },
  };
}

/** `71 of 100`; `-` where nobody says. */
export const healthText = ({ health }: AgentRow): string =>
  health === null || health.score === null ? '-' : `${health.score} of 100`;

export const agentForm = (colors: Colors): ListForm<AgentRow> => ({
  columns: [
    { head: 'agent', value: ({ agent }) => agent },
    { head: 'machine', value: ({ machine }) => machine },
    { head: 'state', value: ({ state, reachable }) => stateText(reachable ? state : 'unreachable', colors) },
    { head: 'known', value: ({ ageMs }) => `${ageText(ageMs)} ago` },
    { head: 'version', value: ({ version }) => version || '-', optional: true },
    { head: 'actions', value: ({ actions }) => actions.join(',') || '-', optional: true },
    { head: 'capabilities', value: ({ capabilities }) => capabilities.join(',') || '-', wide: true },
    { head: 'health', value: healthText, wide: true },
    { head: 'control', value: ({ endpoints }) => endpoints.control || '-', wide: true },
    { head: 'pid', value: ({ pid }) => String(pid ?? '-'), wide: true },
  ],
  name: ({ instance }) => instance,
  empty: 'no such agent is in the registry; "mesh registry ls -a" also shows what has stopped',
});
