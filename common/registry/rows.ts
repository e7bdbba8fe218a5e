/**
 * The rows of a registry and their changes: what the broker's registry and every node's replica have in common, and all
 * that look-ups and watches see of either. Pure: time comes in, nothing goes out but answers.
 *
 * R1. Every change of a row that `list` shows, but its age, is one numbered change, and the other way round: a watcher
 *     that replaces rows by what it is told holds what `list` answers. So a machine that goes out of reach or comes
 *     back is a change of its row and of the row of each of its agents.
 * R2. Numbers count within `epoch`; a watcher of another epoch, or one that is too far behind, gets a snapshot.
 * R3. An age is that of the machine's last word, on the monotonic clock; it is never a change.
 */
import { isDeepStrictEqual } from 'node:util';
import { limits } from '../core/limits.js';
import type { Input, Output } from '../protocol/catalogue.js';
import { instanceOf } from '../protocol/name.js';
import type { AgentEntry, AgentView, MachineEntry, RegistryChange } from '../protocol/registry-entry.js';
import { ChangeRing, type MachineRow, type NumberedChange } from './change-ring.js';

export type RegistryList = Output<'registry.list'>;
export type RegistryFilter = Input<'registry.find'>;
export type RegistryUpdate = Output<'registry.watch'>;

export interface HeldMachine {
  readonly row: MachineRow;
  readonly agents: ReadonlyMap<string, AgentEntry>;
  /** Monotonic time of its last word; infinity for a machine that need not speak, because we are on it. */
  readonly heardMs: number;
}

export interface RegistryRowsOptions {
  /** The incarnation of whoever numbers the changes. */
  readonly epoch: number;
  readonly changesKept?: number;
}

export class RegistryRows {
  readonly epoch: number;
  readonly #machines = new Map<string, HeldMachine>();
  readonly #ring: ChangeRing;

  constructor({ epoch, changesKept = limits.registryChangesKept }: RegistryRowsOptions) {
    this.epoch = epoch;
    this.#ring = new ChangeRing(changesKept);
  }

  /** Number of the newest change. */
  get revision(): number {
    return this.#ring.revision;
  }

  get machineCount(): number {
    return this.#machines.size;
  }

  machine(name: string): HeldMachine | undefined {
    return this.#machines.get(name);
  }

  machines(): IterableIterator<HeldMachine> {
    return this.#machines.values();
  }

  /** Replaces a machine and all its agents; only what differs becomes a change. */
  put(row: MachineRow, agents: Iterable<AgentEntry>, heardMs: number): void {
    const held = this.#machines.get(row.machine);
    const fresh = new Map([...agents].map((entry) => [entry.agent, entry]));
    this.#machines.set(row.machine, { row, agents: fresh, heardMs });
    if (!isDeepStrictEqual(held?.row, row)) this.#ring.push({ kind: 'machine', row });
    const flipped = held !== undefined && held.row.reachable !== row.reachable;
    for (const entry of fresh.values()) {
      const before = held?.agents.get(entry.agent);
      if (flipped || !isDeepStrictEqual(before, entry))
        this.#ring.push({ kind: 'agent', entry, reachable: row.reachable });
    }
    for (const agent of held?.agents.keys() ?? []) {
      if (!fresh.has(agent)) this.#ring.push({ kind: 'gone', name: instanceOf(agent, row.machine) });
    }
  }

  /** The machine goes out of reach, or is back, since `wallMs`; nothing when that is known. */
  setReachable(machine: string, reachable: boolean, wallMs: number): void {
    const held = this.#machines.get(machine);
    if (held === undefined || held.row.reachable === reachable) return;
    this.put({ ...held.row, reachable, sinceMs: wallMs }, held.agents.values(), held.heardMs);
  }

  hear(machine: string, heardMs: number): void {
    const held = this.#machines.get(machine);
    if (held !== undefined) this.#machines.set(machine, { ...held, heardMs });
  }

  remove(machine: string): void {
    const held = this.#machines.get(machine);
    if (held === undefined) return;
    for (const agent of held.agents.keys()) this.#ring.push({ kind: 'gone', name: instanceOf(agent, machine) });
    this.#machines.delete(machine);
    this.#ring.push({ kind: 'gone', name: machine });
  }

  /** Everything, by machine and then by agent. */
  list(nowMs: number): RegistryList {
    return { epoch: this.epoch, revision: this.revision, ...this.#snapshot(nowMs) };
  }

  /** Agents that match all that the filter names. */
  find(filter: RegistryFilter, nowMs: number): AgentView[] {
    return this.#agentViews(nowMs).filter(
      (view) =>
        (filter.agent === undefined || view.agent === filter.agent) &&
        (filter.machine === undefined || view.machine === filter.machine) &&
        (filter.state === undefined || view.state === filter.state) &&
        (filter.capability === undefined || view.capabilities.includes(filter.capability)) &&
        (filter.action === undefined || view.actions.includes(filter.action)),
    );
  }

  /**
   * What came after `since`: changes, or a snapshot where they would not tell all; undefined when nothing is new. Many
   * changes come in pages that fit a frame: the answer's revision is where to go on.
   */
  watch(since: { readonly epoch?: number; readonly revision?: number }, nowMs: number): RegistryUpdate | undefined {
    const { epoch, revision } = since;
    const isOurs = epoch === this.epoch && revision !== undefined;
    if (isOurs && revision === this.revision) return undefined;
    const page = isOurs ? this.#ring.after(revision, limits.controlFrameBytesMax / 2) : undefined;
    if (page === undefined) {
      return { epoch: this.epoch, revision: this.revision, snapshot: this.#snapshot(nowMs) };
    }
    const changes = page.changes.map((change) => this.#changeView(change, nowMs));
    return { epoch: this.epoch, revision: page.revision, changes };
  }

  #changeView(change: NumberedChange, nowMs: number): RegistryChange {
    const { revision } = change;
    switch (change.kind) {
      case 'machine':
        return { revision, machine: this.#machineEntry(change.row, nowMs) };
      case 'agent':
        return { revision, agent: this.#agentView(change.entry, change.reachable, nowMs) };
      case 'gone':
        return { revision, gone: change.name };
    }
  }

  #snapshot(nowMs: number): { machines: MachineEntry[]; agents: AgentView[] } {
    const machines = this.#sorted().map(({ row }) => this.#machineEntry(row, nowMs));
    return { machines, agents: this.#agentViews(nowMs) };
  }

  #sorted(): HeldMachine[] {
    return [...this.#machines.values()].sort((a, b) => compare(a.row.machine, b.row.machine));
  }

  #agentViews(nowMs: number): AgentView[] {
    return this.#sorted().flatMap(({ row, agents }) =>
      [...agents.values()]
        .sort((a, b) => compare(a.agent, b.agent))
        .map((entry) => this.#agentView(entry, row.reachable, nowMs)),
    );
  }

  #machineEntry(row: MachineRow, nowMs: number): MachineEntry {
    return { ...row, ageMs: this.#ageMs(row.machine, nowMs) };
  }

  #agentView(entry: AgentEntry, reachable: boolean, nowMs: number): AgentView {
    const instance = instanceOf(entry.agent, entry.machine);
    return { ...entry, instance, reachable, ageMs: this.#ageMs(entry.machine, nowMs) };
  }

  #ageMs(machine: string, nowMs: number): number {
    return Math.max(0, Math.round(nowMs - (this.#machines.get(machine)?.heardMs ?? nowMs)));
  }
}

/** By code unit: the same order on every machine, whatever its locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
