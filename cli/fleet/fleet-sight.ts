/**
 * What the machines of a fleet say of their processes, asked again and again. A machine that falls silent keeps what was
 * last heard of it; of one that never spoke, the others tell how long it has been silent.
 */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import type { Clock } from '../../common/core/clock.js';
import { type MeshError, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { UsageBody } from '../../common/protocol/catalogue.js';
import { type ProcessRow, processRowOf } from '../rows/process-row.js';
import type { FleetAccess } from './fleet-access.js';

/** The points of the last hour, oldest first. */
export type Hour = Pick<UsageBody, 'cpuPercent' | 'rssBytes'>;

/** What is known of one machine. */
export interface MachineSight {
  readonly machine: string;
  readonly role: string;
  readonly reachable: boolean;
  /** Of the last answer; null when none was ever heard of. */
  readonly ageMs: number | null;
  /** Why it does not answer; empty when it does. */
  readonly problem: string;
  readonly processes: readonly ProcessRow[];
  readonly hours: ReadonlyMap<string, Hour>;
}

interface Held {
  processes: readonly ProcessRow[];
  hours: ReadonlyMap<string, Hour>;
  /** Monotonic time of its last answer. */
  heardMs: number | undefined;
  /** Why it did not answer the last question. */
  error: MeshError | undefined;
  /** Monotonic time at which its hours were asked for. */
  hoursAskedMs: number;
}

/** A minute a point. */
const HOUR_POINTS = 60;
/** The node looks this often: sooner there is nothing new. */
const HOURS_EVERY_MS = limits.usageIntervalMs;

export class FleetSight {
  readonly #held = new Map<string, Held>();

  constructor(
    private readonly access: Pick<FleetAccess, 'askEach'>,
    private readonly machines: readonly MachineConfig[],
    private readonly clock: Clock,
  ) {
    for (const { name } of machines) {
      this.#held.set(name, {
        processes: [],
        hours: new Map(),
        heardMs: undefined,
        error: undefined,
        hoursAskedMs: Number.NEGATIVE_INFINITY,
      });
    }
  }

  /** Asks every machine once; resolves with what is known then. */
  async look(): Promise<MachineSight[]> {
    await Promise.all([this.#askProcesses(), this.#askHours()]);
    const silenceMs = await this.#silences();
    const nowMs = this.clock.monotonicMs();
    return this.machines.map(({ name: machine, role }) => {
      const { processes = [], hours = new Map(), heardMs, error } = this.#held.get(machine) ?? {};
      const ageMs = heardMs === undefined ? (silenceMs.get(machine) ?? null) : Math.round(nowMs - heardMs);
      return { machine, role, reachable: error === undefined, ageMs, problem: error?.message ?? '', processes, hours };
    });
  }

  /** Why no machine answered; undefined when one did. */
  get failure(): MeshError | undefined {
    const errors = [...this.#held.values()].map(({ error }) => error);
    return errors.every((error) => error !== undefined) ? errors[0] : undefined;
  }

  async #askProcesses(): Promise<void> {
    const nowMs = this.clock.wallMs();
    for (const answer of await this.access.askEach(this.machines, 'node.ps', {}, ASKING)) {
      const held = this.#held.get(answer.machine.name);
      if (held === undefined) continue;
      held.error = 'error' in answer ? toMeshError(answer.error) : undefined;
      if (!('body' in answer)) continue;
      held.heardMs = this.clock.monotonicMs();
      held.processes = answer.body.agents.map((row) => processRowOf(row, nowMs));
    }
  }

  async #askHours(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    const due = this.machines.filter(({ name }) => nowMs - (this.#held.get(name)?.hoursAskedMs ?? 0) >= HOURS_EVERY_MS);
    for (const { name } of due) {
      const held = this.#held.get(name);
      if (held !== undefined) held.hoursAskedMs = nowMs;
    }
    for (const answer of await this.access.askEach(due, 'node.usage', { points: HOUR_POINTS }, ASKING)) {
      const held = this.#held.get(answer.machine.name);
      if (held === undefined || !('body' in answer)) continue;
      held.hours = new Map(answer.body.agents.map((usage) => [usage.agent, usage]));
    }
  }

  /** How long those have been silent that never answered here, by the word of one that did. */
  async #silences(): Promise<Map<string, number>> {
    const held = (name: string) => this.#held.get(name);
    const isStrange = this.machines.some(({ name }) => held(name)?.heardMs === undefined);
    const witness = this.machines.find(({ name }) => held(name)?.error === undefined);
    if (!isStrange || witness === undefined) return new Map();
    const [answer] = await this.access.askEach([witness], 'registry.list', {}, ASKING);
    if (answer === undefined || !('body' in answer)) return new Map();
    return new Map(answer.body.machines.map(({ machine, ageMs }) => [machine, ageMs]));
  }
}

const ASKING = { timeoutMs: limits.cliConnectTimeoutMs };
