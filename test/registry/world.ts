/** Tables and moments for the tests of the registry. */
import type { Moment } from '../../common/core/clock.js';
import type { AgentEntry, AgentView, MachineEntry, MachineTable } from '../../common/protocol/registry-entry.js';
import type { RegistryUpdate } from '../../common/registry/rows.js';

export const WALL_MS = 1_700_000_000_000;

/** `ms` after the beginning of the test. */
export const at = (ms: number): Moment => ({ monotonicMs: 5_000 + ms, wallMs: WALL_MS + ms });

export const entry = (agent: string, machine: string, rest: Partial<AgentEntry> = {}): AgentEntry => ({
  agent,
  machine,
  epoch: 1,
  state: 'ready',
  sinceMs: WALL_MS,
  pid: 100,
  version: '1.0.0',
  capabilities: ['text'],
  actions: ['say'],
  control: 'tcp://127.0.0.1:1',
  ...rest,
});

export const table = (
  machine: string,
  { agents = ['echo'], ...rest }: Partial<Omit<MachineTable, 'agents'>> & { agents?: (string | AgentEntry)[] } = {},
): MachineTable => ({
  machine,
  role: machine === 'main' ? 'main' : 'secondary',
  epoch: 10,
  revision: 1,
  node: `tcp://${machine}:1`,
  agents: agents.map((agent) => (typeof agent === 'string' ? entry(agent, machine) : agent)),
  ...rest,
});

/** A watcher in the plainest form: it replaces rows by what it is told, and nothing else. */
export class PlainWatcher {
  readonly machines = new Map<string, MachineEntry>();
  readonly agents = new Map<string, AgentView>();
  mark: { epoch?: number; revision?: number } = {};
  snapshots = 0;

  apply({ epoch, revision, snapshot, changes = [] }: RegistryUpdate): void {
    this.mark = { epoch, revision };
    if (snapshot !== undefined) {
      this.snapshots++;
      this.machines.clear();
      this.agents.clear();
      for (const row of snapshot.machines) this.machines.set(row.machine, row);
      for (const row of snapshot.agents) this.agents.set(row.instance, row);
    }
    for (const { machine, agent, gone } of changes) {
      if (machine !== undefined) this.machines.set(machine.machine, machine);
      if (agent !== undefined) this.agents.set(agent.instance, agent);
      if (gone !== undefined && !this.machines.delete(gone)) this.agents.delete(gone);
    }
  }

  /** Its rows in the order of a list, and without ages, which change without a word. */
  rows(): unknown {
    return withoutAges({
      machines: [...this.machines.values()].sort((a, b) => (a.machine < b.machine ? -1 : 1)),
      agents: [...this.agents.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1)),
    });
  }
}

const order = ({ machine, agent }: AgentView): string => `${machine} ${agent}`;

export const withoutAges = (rows: { machines: readonly MachineEntry[]; agents: readonly AgentView[] }) => ({
  machines: rows.machines.map(({ ageMs: _, ...row }) => row),
  agents: rows.agents.map(({ ageMs: _, ...row }) => row),
});
