/**
 * What is wrong with the fleet now: machines out of reach, agents in quarantine, journals and the log that take no records.
 * The first two the registry knows; the others each node is asked for, which is why that is only done where a rule wants it.
 *
 * What cannot be asked is left as it was: silence is no recovery. A machine that the registry does not name is out of reach
 * since this was first seen.
 */
import { messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output } from '../../common/protocol/catalogue.js';
import type { Sight, Trouble } from './alert-events.js';

type RegistryList = Output<'registry.list'>;

export interface FleetSightOptions {
  /** Every machine of the fleet. */
  readonly machines: readonly string[];
  readonly kinds: readonly Trouble['kind'][];
  list(): Promise<RegistryList>;
  /** Why the journal of a machine, or main's log, works only in part; empty when all is well. Rejects when nobody answers. */
  journal(endpoint: string): Promise<string>;
  log(): Promise<string>;
  readonly onProblem: (message: string) => void;
}

export class FleetSight {
  readonly #missingSinceMs = new Map<string, number>();
  /** A machine, or empty for main's log → since when, and why. */
  readonly #degraded = new Map<string, { readonly sinceMs: number; readonly why: string }>();

  constructor(private readonly options: FleetSightOptions) {}

  /** Never rejects; of what could not be seen it says nothing. */
  async look(nowMs: number): Promise<Sight> {
    const { kinds, onProblem } = this.options;
    if (kinds.length === 0) return { kinds: [], troubles: [] };
    let list: RegistryList;
    try {
      list = await this.options.list();
    } catch (error) {
      onProblem(messageOf(error));
      return { kinds: [], troubles: [] };
    }
    if (kinds.includes('journal-degraded')) await this.#askJournals(list, nowMs);
    const troubles = [...this.#unreachable(list, nowMs), ...quarantined(list), ...this.#journals()];
    return { kinds, troubles: troubles.filter(({ kind }) => kinds.includes(kind)) };
  }

  #unreachable({ machines }: RegistryList, nowMs: number): Trouble[] {
    const rows = new Map(machines.map((row) => [row.machine, row]));
    return this.options.machines.flatMap((machine) => {
      const row = rows.get(machine);
      if (row !== undefined) this.#missingSinceMs.delete(machine);
      else if (!this.#missingSinceMs.has(machine)) this.#missingSinceMs.set(machine, nowMs);
      if (row?.reachable === true) return [];
      const sinceMs = row?.sinceMs ?? this.#missingSinceMs.get(machine) ?? nowMs;
      const title = `${machine} is out of reach`;
      return [{ kind: 'machine-unreachable', subject: machine, machine, agent: '', title, sinceMs }];
    });
  }

  async #askJournals({ machines }: RegistryList, nowMs: number): Promise<void> {
    const asked = machines
      .filter(({ reachable }) => reachable)
      .map(({ machine, node }) => this.#note(machine, () => this.options.journal(node), nowMs));
    await Promise.all([...asked, this.#note('', () => this.options.log(), nowMs)]);
  }

  async #note(store: string, ask: () => Promise<string>, nowMs: number): Promise<void> {
    let why: string;
    try {
      why = await ask();
    } catch {
      return; // that it does not answer is another trouble
    }
    if (why === '') this.#degraded.delete(store);
    else this.#degraded.set(store, { why, sinceMs: this.#degraded.get(store)?.sinceMs ?? nowMs });
  }

  #journals(): Trouble[] {
    const [main = ''] = this.options.machines;
    return [...this.#degraded].map(([store, { sinceMs, why }]) => ({
      kind: 'journal-degraded',
      subject: store === '' ? 'log' : store,
      machine: store === '' ? main : store,
      agent: '',
      title: `${store === '' ? "main's log" : `the journal of ${store}`} takes no records: ${why}`,
      sinceMs,
    }));
  }
}

const quarantined = ({ agents }: RegistryList): Trouble[] =>
  agents.flatMap(({ agent, machine, instance, state, sinceMs }) =>
    state === 'quarantined'
      ? [{ kind: 'quarantine', subject: instance, machine, agent, title: `${instance} is in quarantine`, sinceMs }]
      : [],
  );

/** How long a node or the log may take to say how it is. */
export const ASK_MS = limits.alertSightMs;
