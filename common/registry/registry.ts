/**
 * The central registry: each machine's node says what is true of its machine, and the registry repeats it. Pure: every
 * event comes with its moment, and what became of it stands in `rows`. It can be lost: one round of heartbeats, each
 * answered with "unknown", brings all tables back.
 *
 * A1. A machine's table is replaced as a whole, never mixed from two.
 * A2. The newest incarnation of a node holds its machine. An older one is refused (STALE_EPOCH) while the holder speaks;
 *     when the holder has been silent longer than `limits.heartbeatTimeoutMs`, any incarnation may take its place:
 *     a machine whose clock was set back must be able to return.
 * A3. Within one incarnation a table is never replaced by an older one.
 * A4. A machine that is silent becomes unreachable; it and its agents stay listed. Nothing is deleted for silence.
 * A5. Time during which this process itself stood still (stopped, suspended) is nobody's silence: a gap between two
 *     events that `tick`, which comes every `limits.heartbeatIntervalMs` or more often, should have filled is left out.
 */
import type { Moment } from '../core/clock.js';
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import type { Input } from '../protocol/catalogue.js';
import type { MachineTable } from '../protocol/registry-entry.js';
import { digestOf } from './digest.js';
import { RegistryRows, type RegistryRowsOptions } from './rows.js';

/** What a heartbeat is compared with. */
interface Mark {
  readonly revision: number;
  readonly digest: string;
}

export class Registry {
  readonly counters = { syncs: 0, heartbeats: 0, unknownHeartbeats: 0, staleRefused: 0, lostContacts: 0, pauses: 0 };
  readonly rows: RegistryRows;
  readonly #marks = new Map<string, Mark>();
  #lastEventMs: number | undefined;

  constructor(options: RegistryRowsOptions) {
    this.rows = new RegistryRows(options);
  }

  /** @throws STALE_EPOCH, INVALID_INPUT for a table that contradicts itself, TOO_LARGE beyond the registry's bounds */
  sync(table: MachineTable, now: Moment): void {
    this.#leaveOutPause(now);
    assertSound(table);
    this.#refuseStale(table, now);
    const { machine, role, epoch, node, revision, agents } = table;
    const held = this.rows.machine(machine);
    if (held === undefined && this.rows.machineCount >= limits.machinesMax) {
      throw new MeshError('TOO_LARGE', `the registry holds ${limits.machinesMax} machines; ${machine} is one too many`);
    }
    this.counters.syncs++;
    const sinceMs = held?.row.reachable === true ? held.row.sinceMs : now.wallMs;
    this.rows.put({ machine, role, epoch, node, reachable: true, sinceMs }, agents, now.monotonicMs);
    this.#marks.set(machine, { revision, digest: digestOf(table) });
  }

  /** @returns whether the table is known as it is there; if not, the node is to `sync` */
  heartbeat({ machine, epoch, revision, digest }: Input<'registry.heartbeat'>, now: Moment): boolean {
    this.#leaveOutPause(now);
    this.counters.heartbeats++;
    const mark = this.#marks.get(machine);
    // Only the holder's word counts as the machine's: another incarnation has to win it by `sync` first.
    const isHolder = this.rows.machine(machine)?.row.epoch === epoch;
    if (isHolder) {
      this.rows.hear(machine, now.monotonicMs);
      this.rows.setReachable(machine, true, now.wallMs);
    }
    const known = isHolder && mark?.revision === revision && mark.digest === digest;
    if (!known) this.counters.unknownHeartbeats++;
    return known;
  }

  /** Time passes: machines that were silent too long are out of reach from now on; answers which. */
  tick(now: Moment): string[] {
    this.#leaveOutPause(now);
    const lost: string[] = [];
    for (const { row, heardMs } of [...this.rows.machines()]) {
      if (!row.reachable || now.monotonicMs - heardMs <= limits.heartbeatTimeoutMs) continue;
      this.counters.lostContacts++;
      this.rows.setReachable(row.machine, false, now.wallMs);
      lost.push(row.machine);
    }
    return lost;
  }

  #refuseStale({ machine, epoch, revision }: MachineTable, now: Moment): void {
    const held = this.rows.machine(machine);
    if (held === undefined || epoch > held.row.epoch) return;
    const isSilent = now.monotonicMs - held.heardMs > limits.heartbeatTimeoutMs;
    const heldRevision = this.#marks.get(machine)?.revision ?? 0;
    if (epoch === held.row.epoch ? revision >= heldRevision : isSilent) return;
    this.counters.staleRefused++;
    const what =
      epoch === held.row.epoch ? `table ${revision} of ${machine}` : `incarnation ${epoch} of the node of ${machine}`;
    const newer = epoch === held.row.epoch ? `table ${heldRevision}` : `incarnation ${held.row.epoch}`;
    throw new MeshError('STALE_EPOCH', `${what} is older than ${newer}, which the registry has heard`, {
      hint: 'two nodes may run for one machine: see "mesh status" on both',
      details: { epoch: held.row.epoch, revision: heldRevision },
    });
  }

  /** A5: whoever was heard before the pause is heard as much later. */
  #leaveOutPause({ monotonicMs }: Moment): void {
    const gapMs = monotonicMs - (this.#lastEventMs ?? monotonicMs);
    this.#lastEventMs = monotonicMs;
    if (gapMs <= 2 * limits.heartbeatIntervalMs) return;
    this.counters.pauses++;
    for (const { row, heardMs } of [...this.rows.machines()]) this.rows.hear(row.machine, heardMs + gapMs);
  }
}

function assertSound({ machine, agents }: MachineTable): void {
  if (agents.length > limits.agentsPerMachineMax) {
    throw new MeshError(
      'TOO_LARGE',
      `${machine} has ${agents.length} agents; ${limits.agentsPerMachineMax} is the limit`,
    );
  }
  const names = new Set<string>();
  for (const entry of agents) {
    if (entry.machine !== machine) {
      throw new MeshError('INVALID_INPUT', `the table of ${machine} has a row of ${entry.agent}@${entry.machine}`);
    }
    if (names.has(entry.agent)) {
      throw new MeshError('INVALID_INPUT', `the table of ${machine} has two rows of ${entry.agent}`);
    }
    names.add(entry.agent);
  }
}
