import type { AgentView, MachineEntry } from '../../common/protocol/registry-entry.js';
import type { Command } from '../command/command.js';
import { filterOf, filterOptions, matches } from '../line/registry-filter.js';
import { type AgentRow, agentRowOf } from '../rows/agent-row.js';
import { stateText } from '../rows/process-row.js';
import type { Colors } from '../terminal/output.js';
import { isoTime } from '../terminal/quantity.js';

/** One line: how an agent or a machine is now, or that it is gone. */
type WatchedChange =
  | ({ readonly kind: 'agent'; readonly revision: number } & AgentRow)
  | {
      readonly kind: 'machine';
      readonly revision: number;
      readonly machine: string;
      readonly role: string;
      readonly reachable: boolean;
      readonly since: string | null;
    }
  | { readonly kind: 'gone'; readonly revision: number; readonly name: string };

export const command: Command = {
  details: 'First how everything is, then every change, until it is interrupted. It outlives a restart of the broker.',
  options: filterOptions,
  examples: [
    { line: 'mesh registry watch', explains: 'agents and machines as they come and go', follows: true },
    { line: 'mesh registry watch --on pc2 --json', explains: 'one JSON object per change of pc2', follows: true },
  ],
  async run(context, args) {
    const filter = filterOf(args);
    const agentsOnly = filter.action !== undefined || filter.capability !== undefined || filter.state !== undefined;
    const mesh = await (await context.access()).mesh();
    const { output, signal } = context;
    const show = (change: WatchedChange) => output.item(change, (item) => changeText(item, output.colors), nameOf);
    const showAgent = async (revision: number, view: AgentView) => {
      if (matches(view, filter)) await show({ kind: 'agent', revision, ...agentRowOf(view) });
    };
    const showMachine = async (revision: number, { machine, role, reachable, sinceMs }: MachineEntry) => {
      if (agentsOnly || (filter.machine !== undefined && filter.machine !== machine)) return;
      await show({ kind: 'machine', revision, machine, role, reachable, since: isoTime(sinceMs) });
    };
    for await (const { revision, snapshot, changes = [] } of mesh.registry.watch(signal)) {
      for (const machine of snapshot?.machines ?? []) await showMachine(revision, machine);
      for (const agent of snapshot?.agents ?? []) await showAgent(revision, agent);
      for (const change of changes) {
        if (change.machine !== undefined) await showMachine(change.revision, change.machine);
        if (change.agent !== undefined) await showAgent(change.revision, change.agent);
        if (change.gone !== undefined && isOn(change.gone, filter.machine)) {
          await show({ kind: 'gone', revision: change.revision, name: change.gone });
        }
      }
    }
  },
};

const isOn = (gone: string, machine: string | undefined): boolean =>
  machine === undefined || gone === machine || gone.endsWith(`@${machine}`);

function nameOf(change: WatchedChange): string {
  if (change.kind === 'gone') return change.name;
  return change.kind === 'agent' ? change.instance : change.machine;
}

function changeText(change: WatchedChange, colors: Colors): string {
  const name = nameOf(change);
  if (change.kind === 'gone') return `${name} ${colors.red('gone')}`;
  if (change.kind === 'machine') {
    return `${colors.bold(name)} (${change.role}) ${stateText(change.reachable ? 'up' : 'unreachable', colors)}`;
  }
  const pid = change.pid === null ? '' : ` pid ${change.pid}`;
  return `${name} ${stateText(change.reachable ? change.state : 'unreachable', colors)}${pid}`;
}
