/**
 * What is wrong with the fleet now: machines out of reach, agents in quarantine, journals and the log that take no records.
 * The first two the registry knows; the others each node is asked for, which is why that is only done where a rule wants it.
 *
 * What cannot be asked is left as it was: silence is no recovery, also where this is a new incarnation that remembers nothing.
 * A machine that the registry does not name any more is out of reach since it was when it was named, or was first missed.
 */
import { messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output } from '../../common/protocol/catalogue.js';
import type { Sight, Trouble, Unseen } from './alert-events.js';

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
  readonly #awaySinceMs = new Map<string, number>();
  /** A machine, or empty for main's log → since when, and why. */
  readonly #degraded = new Map<string, { readonly sinceMs: number; readonly why: string }>();

  constructor(private readonly options: FleetSightOptions) {}

  /** Never rejects; of what could not be seen it says nothing. */
  async look(nowMs: number): Promise<Sight> {
    const { kinds, onProblem } = this.options;
    if (kinds.length === 0) return NOTHING;
    let list: RegistryList;
    try {
      list = await this.options.list();
    } catch (error) {
      onProblem(messageOf(error));
      return NOTHING;
    }
    const silent = kinds.includes('journal-degraded') ? await this.#askJournals(list, nowMs) : [];
    const troubles = [...this.#unreachable(list, nowMs), ...quarantined(list), ...this.#journals()];
    const unseen = [...silent, ...this.#unnamed(list)];
    return { kinds, troubles: troubles.filter(({ kind }) => kinds.includes(kind)), unseen };
  }

  #unreachable({ machines }: RegistryList, nowMs: number): Trouble[] {
    const rows = new Map(machines.map((row) => [row.machine, row]));
    return this.options.machines.flatMap((machine) => {
      const row = rows.get(machine);
      if (row?.reachable === true) {
        this.#awaySinceMs.delete(machine);
        return [];
      }
      const sinceMs = row?.sinceMs ?? this.#awaySinceMs.get(machine) ?? nowMs;
      this.#awaySinceMs.set(machine, sinceMs);
      const title = `${machine} is out of reach`;
      return [{ kind: 'machine-unreachable', subject: machine, machine, agent: '', title, sinceMs }];
    });
  }

  /** Of a machine that the registry does not name nothing is known: neither of its agents nor of its journal. */
  #unnamed({ machines }: RegistryList): Unseen[] {
    const named = new Set(machines.map(({ machine }) => machine));
    const missing = this.options.machines.filter((machine) => !named.has(machine));
    return missing.flatMap((machine) => [{ kind: 'quarantine', machine }, silentStore(machine, machine)]);
  }

  /** @returns those that did not say how they are */
  async #askJournals({ machines }: RegistryList, nowMs: number): Promise<Unseen[]> {
    const [main = ''] = this.options.machines;
    const asked = machines.map(({ machine, node, reachable }) =>
      this.#note(machine, () => (reachable ? this.options.journal(node) : Promise.reject(AWAY)), machine, nowMs),
    );
    return (await Promise.all([...asked, this.#note('', () => this.options.log(), main, nowMs)])).flat();
  }

  async #note(store: string, ask: () => Promise<string>, machine: string, nowMs: number): Promise<Unseen[]> {
    let why: string;
    try {
      why = await ask();
    } catch {
      return [silentStore(store, machine)]; // that it does not answer is another trouble
    }
    if (why === '') this.#degraded.delete(store);
    else this.#degraded.set(store, { why, sinceMs: this.#degraded.get(store)?.sinceMs ?? nowMs });
    return [];
  }

  #journals(): Trouble[] {
    const [main = ''] = this.options.machines;
    return [...this.#degraded].map(([store, { sinceMs, why }]) => ({
      kind: 'journal-degraded',
      subject: subjectOf(store),
      machine: store === '' ? main : store,
      agent: '',
      title: `${store === '' ? "main's log" : `the journal of ${store}`} takes no records: ${why}`,
      sinceMs,
    }));
  }
}

const NOTHING: Sight = { kinds: [], troubles: [], unseen: [] };
const AWAY = new Error('it is out of reach');

const subjectOf = (store: string): string => (store === '' ? 'log' : store);

const silentStore = (store: string, machine: string): Unseen => ({
  kind: 'journal-degraded',
  machine,
  subject: subjectOf(store),
});

const quarantined = ({ agents }: RegistryList): Trouble[] =>
  agents.flatMap(({ agent, machine, instance, state, sinceMs }) =>
    state === 'quarantined'
      ? [{ kind: 'quarantine', subject: instance, machine, agent, title: `${instance} is in quarantine`, sinceMs }]
      : [],
  );

/** How long a node or the log may take to say how it is. */
export const ASK_MS = limits.alertSightMs;
