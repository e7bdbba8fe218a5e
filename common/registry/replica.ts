/**
 * A node's copy of the registry: its own machine from its own table, the others as the broker tells. Look-ups are
 * answered from it at once, also while the broker is away. Pure, like the registry itself.
 *
 * P1. What the broker says of the own machine is passed over: here it is known first hand, and never out of reach.
 * P2. A remote machine is reachable or not as the broker last said. While the broker is silent nobody knows better, so
 *     rows stay as they are and their age grows: the age says what the row is worth.
 * P3. The broker tells of changes only, so as long as it answers (`noteBrokerContact`) a reachable remote machine is
 *     as fresh as that answer.
 * P4. A broker that was restarted begins empty. A machine that its snapshot does not name is kept as it is for
 *     `limits.heartbeatTimeoutMs` of contact, in which its node must speak up; then it counts as unreachable, and stays
 *     listed. So a broker's restart takes nothing out of any look-up.
 * P5. An update that does not follow from the last one is not mixed in: the mark is dropped, and the next watch
 *     brings a snapshot.
 */
import type { Moment } from '../core/clock.js';
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { AgentEntry, AgentView, MachineEntry, MachineTable, RegistryChange } from '../protocol/registry-entry.js';
import type { MachineRow } from './change-ring.js';
import { RegistryRows, type RegistryRowsOptions, type RegistryUpdate } from './rows.js';

export interface RegistryReplicaOptions extends RegistryRowsOptions {
  /** The machine whose node this is. */
  readonly machine: string;
}

export class RegistryReplica {
  readonly counters = { snapshots: 0, changes: 0, brokenSequences: 0 };
  readonly rows: RegistryRows;
  readonly #ownMachine: string;
  /** Machines that the broker does not name, and since when. */
  readonly #unnamedSinceMs = new Map<string, number>();
  #mark: { readonly epoch: number; readonly revision: number } | undefined;

  constructor({ machine, ...options }: RegistryReplicaOptions) {
    this.#ownMachine = machine;
    this.rows = new RegistryRows(options);
  }

  /** How far the broker's changes are adopted: what the next watch asks with. Undefined asks for a snapshot. */
  get brokerMark(): { readonly epoch: number; readonly revision: number } | undefined {
    return this.#mark;
  }

  /** The own machine's table, whenever it changed. */
  sync({ machine, role, epoch, node, agents }: MachineTable, now: Moment): void {
    if (machine !== this.#ownMachine) {
      throw new MeshError('INVALID_INPUT', `the replica of ${this.#ownMachine} was given the table of ${machine}`);
    }
    const sinceMs = this.rows.machine(machine)?.row.sinceMs ?? now.wallMs;
    // Infinity: words to oneself do not age.
    this.rows.put({ machine, role, epoch, node, reachable: true, sinceMs }, agents, Number.POSITIVE_INFINITY);
  }

  /** What the broker answered to a watch. @throws TOO_LARGE when it names more machines than a registry can have */
  adopt({ epoch, revision, snapshot, changes = [] }: RegistryUpdate, now: Moment): void {
    this.noteBrokerContact(now);
    if (snapshot !== undefined) {
      this.#adoptSnapshot(snapshot, now);
    } else if (this.#mark?.epoch !== epoch || !follows(this.#mark.revision, changes, revision)) {
      return this.#loseTrack();
    } else {
      for (const change of changes) if (!this.#adoptChange(change, now)) return this.#loseTrack();
    }
    this.#mark = { epoch, revision };
  }

  /** The broker answered something: see P3 and P4. */
  noteBrokerContact(now: Moment): void {
    for (const { row } of [...this.rows.machines()]) {
      const { machine, reachable } = row;
      if (machine === this.#ownMachine || !reachable) continue;
      const sinceMs = this.#unnamedSinceMs.get(machine);
      if (sinceMs === undefined) this.rows.hear(machine, now.monotonicMs);
      else if (now.monotonicMs - sinceMs > limits.heartbeatTimeoutMs)
        this.rows.setReachable(machine, false, now.wallMs);
    }
  }

  #adoptSnapshot({ machines, agents }: NonNullable<RegistryUpdate['snapshot']>, now: Moment): void {
    if (machines.length > limits.machinesMax) {
      throw new MeshError(
        'TOO_LARGE',
        `the broker names ${machines.length} machines; ${limits.machinesMax} is the limit`,
      );
    }
    this.counters.snapshots++;
    const named = new Set([this.#ownMachine]);
    for (const entry of machines) {
      named.add(entry.machine);
      this.#putMachine(entry, agents.filter(({ machine }) => machine === entry.machine).map(entryOf), now);
    }
    for (const { row } of this.rows.machines()) {
      if (named.has(row.machine) || this.#unnamedSinceMs.has(row.machine)) continue;
      this.#unnamedSinceMs.set(row.machine, now.monotonicMs);
    }
  }

  /** False when it cannot follow from what is held. */
  #adoptChange({ machine, agent, gone }: RegistryChange, now: Moment): boolean {
    this.counters.changes++;
    if (machine !== undefined) {
      if (this.rows.machine(machine.machine) === undefined && this.rows.machineCount >= limits.machinesMax)
        return false;
      this.#putMachine(machine, this.rows.machine(machine.machine)?.agents.values() ?? [], now);
    }
    if (agent !== undefined) {
      const entry = entryOf(agent);
      return this.#editAgents(agent.machine, (agents) => agents.set(entry.agent, entry));
    }
    if (gone === undefined || gone === this.#ownMachine) return true;
    const [name = '', ofMachine] = gone.split('@');
    if (ofMachine !== undefined) return this.#editAgents(ofMachine, (agents) => agents.delete(name));
    this.rows.remove(name);
    this.#unnamedSinceMs.delete(name);
    return true;
  }

  #putMachine({ ageMs, ...row }: MachineEntry, agents: Iterable<AgentEntry>, now: Moment): void {
    if (row.machine === this.#ownMachine) return;
    this.#unnamedSinceMs.delete(row.machine);
    this.rows.put(row satisfies MachineRow, agents, now.monotonicMs - ageMs);
  }

  #editAgents(machine: string, edit: (agents: Map<string, AgentEntry>) => unknown): boolean {
    if (machine === this.#ownMachine) return true;
    const held = this.rows.machine(machine);
    if (held === undefined) return false;
    const agents = new Map(held.agents);
    edit(agents);
    if (agents.size > limits.agentsPerMachineMax) return false;
    this.rows.put(held.row, agents.values(), held.heardMs);
    return true;
  }

  #loseTrack(): void {
    this.counters.brokenSequences++;
    this.#mark = undefined;
  }
}

/** Whether `changes` are exactly those after `mark`, up to `revision`. */
function follows(mark: number, changes: readonly RegistryChange[], revision: number): boolean {
  return revision === mark + changes.length && changes.every((change, i) => change.revision === mark + 1 + i);
}

function entryOf({ instance: _, reachable: __, ageMs: ___, ...entry }: AgentView): AgentEntry {
  return entry;
}
