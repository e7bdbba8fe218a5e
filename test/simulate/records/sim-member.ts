/**
 * A member of a consumer group of a simulation: joins, fetches, settles – well, badly, late or never –, dies and joins again
 * under another name.
 */

import type { Fetched, Settled } from '../../../common/journal/consumers/group-requests.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import type { LogWrite } from '../../../common/journal/log/log-types.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import type { RecordOracle } from './record-oracle.js';
import type { RecordSabotage } from './record-sabotage.js';
import type { Answer, SimMain } from './sim-main.js';

export const GROUP = 'workers';
const ACK_WAIT_MS = 300;
const FETCH_MAX = 6;
const HANDLING_MS_MAX = 250;

/** Who has what, for a group that takes one delivery for another. */
export class DeliveryBook {
  readonly latest = new Map<number, number>();
  readonly recordOf = new Map<number, number>();
  readonly memberOf = new Map<number, string>();

  /** The latest deliveries of the records that these were deliveries of: of those with one member, and its name. */
  latestOf(numbers: readonly number[]): { readonly said: readonly number[]; readonly member: string } {
    const latest = numbers.map((number) => this.latest.get(this.recordOf.get(number) ?? 0) ?? number);
    const member = this.memberOf.get(latest[0] ?? 0) ?? '';
    return { said: latest.filter((number) => this.memberOf.get(number) === member), member };
  }
}

export interface SimMemberOptions {
  readonly book: DeliveryBook;
  readonly name: string;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly main: SimMain;
  readonly oracle: RecordOracle;
  readonly sabotage: RecordSabotage | undefined;
}

export class SimMember {
  /** Everything goes well from now on. */
  isCareful = false;
  isOver = false;
  #life = 0;

  constructor(private readonly options: SimMemberOptions) {
    this.#join();
  }

  #join(): void {
    if (this.isOver) return;
    const { timeline, random } = this.options;
    this.#life++;
    const again = () => timeline.after(random.between(20, 200), () => this.#join());
    const backoff = { firstMs: 20, maxMs: 400 };
    const args = { stream: 'work', from: 'start' as const, ackWaitMs: ACK_WAIT_MS, deliveriesMax: 1_000, backoff };
    this.#ask('groupJoin', args, (answer) => ('error' in answer ? again() : this.#fetch()), again);
  }

  #fetch(): void {
    if (this.isOver) return;
    const { timeline, random, oracle, book } = this.options;
    const member = this.#name;
    const rejoin = () => timeline.after(random.between(20, 200), () => this.#join());
    this.#ask(
      'groupFetch',
      { max: random.between(1, FETCH_MAX) },
      (answer) => {
        if ('error' in answer) return rejoin();
        const { records } = answer.value as Fetched;
        if (records.length === 0) return timeline.after(random.between(20, 100), () => this.#fetch());
        this.#handle(records.map(({ delivery }) => delivery));
      },
      rejoin,
      (value) => {
        for (const { id, delivery } of (value as Fetched).records) {
          oracle.onDelivered(id, delivery);
          book.latest.set(id, delivery);
          book.recordOf.set(delivery, id);
          book.memberOf.set(delivery, member);
        }
      },
    );
  }

  /** In this life. */
  get #name(): string {
    return `${this.options.name}#${this.#life}`;
  }

  /** It takes its time; and now and then longer than it has, or it dies over it. */
  #handle(numbers: readonly number[]): void {
    const { timeline, random, oracle, sabotage } = this.options;
    const dice = this.isCareful ? 1 : random.next();
    if (dice < 0.03) return timeline.after(random.between(10, 500), () => this.#join());
    const ms = dice < 0.2 ? ACK_WAIT_MS + random.between(1, HANDLING_MS_MAX) : random.between(1, HANDLING_MS_MAX);
    timeline.after(ms, () => {
      const isBroken = sabotage === 'a group that settles older deliveries';
      const { said, member } = isBroken ? this.options.book.latestOf(numbers) : { said: numbers, member: this.#name };
      const cut = this.isCareful ? 0 : random.between(0, said.length > 1 ? 1 : 0);
      const failed = said.slice(0, cut).map((number) => ({ number, code: 'TEST', message: 'it failed' }));
      this.#ask(
        'groupSettle',
        { member, done: said.slice(cut), failed, released: [] },
        () => this.#fetch(),
        () => this.#fetch(),
        (value) => oracle.onSettled(numbers, (value as Settled).stale),
      );
    });
  }

  /** @param lost no answer came @param committed when main did it, whether or not anybody hears of it */
  #ask(
    name: 'groupJoin' | 'groupFetch' | 'groupSettle',
    args: object,
    answered: (answer: Answer<unknown>) => void,
    lost: () => void,
    committed: (value: unknown) => void = () => undefined,
  ): void {
    const { timeline, random, main } = this.options;
    const life = this.#life;
    const member = this.#name;
    let isOpen = true;
    const settle = (act: () => void) => {
      if (!isOpen || life !== this.#life) return;
      isOpen = false;
      act();
    };
    timeline.after(1_000, () => settle(lost));
    main.ask(
      (store) => {
        const now = { monotonicMs: timeline.nowMs, wallMs: main.wallMs };
        const value = run(store, { name, args: { group: GROUP, member, now, ...args } } as LogWrite);
        committed(value);
        return value;
      },
      (answer) => {
        if (this.isCareful || random.next() > 0.02) settle(() => answered(answer));
      },
    );
  }
}

function run(store: LogStore, request: LogWrite): unknown {
  const [outcome] = store.runGroup([request]);
  if (outcome?.ok !== true) throw outcome?.error ?? new Error('there is no outcome');
  return outcome.value;
}
