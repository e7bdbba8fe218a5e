/**
 * Whatever comes in whatever order – deliveries, words early, late and twice, silence, deaths, restarts –, a group keeps its
 * promises. The oracle is a model that knows nothing of windows and floors.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../../common/core/limits.js';
import { ConsumerGroup } from '../../../common/journal/consumers/consumer-group.js';
import type { Delivery, GroupChanges, GroupSettings } from '../../../common/journal/consumers/group-types.js';

const seed = Number(process.env['FC_SEED'] ?? 20_261_121);
const MEMBERS = ['a', 'b', 'c'];

type Step =
  | { readonly kind: 'emit'; readonly count: number }
  | { readonly kind: 'fetch'; readonly member: number; readonly max: number }
  | { readonly kind: 'settle'; readonly picks: readonly number[]; readonly fails: boolean; readonly releases: boolean }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'leave'; readonly member: number }
  | { readonly kind: 'replay' }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('emit' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('fetch' as const),
      member: fc.nat({ max: MEMBERS.length - 1 }),
      max: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      picks: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      fails: fc.boolean(),
      releases: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 50, 400, 12_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('leave' as const), member: fc.nat({ max: MEMBERS.length - 1 }) }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'replay' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
);

/** The tables, as the log's thread would keep them. */
class Tables {
  floorId = 0;
  readonly settledIds = new Set<number>();
  readonly deliveries = new Map<number, number>();
  /** Dead letters, and whether each is being tried again. */
  readonly dead = new Map<number, boolean>();

  store(changes: GroupChanges | undefined): void {
    if (changes === undefined) return;
    for (const id of changes.settledIds) {
      this.settledIds.add(id);
      this.deliveries.delete(id);
    }
    for (const { id, deliveries } of changes.failed) this.deliveries.set(id, deliveries);
    for (const { id } of changes.died) this.dead.set(id, false);
    for (const id of changes.revivedIds) this.dead.delete(id);
    this.floorId = Math.max(this.floorId, changes.floorId);
    for (const id of [...this.settledIds]) if (id <= this.floorId) this.settledIds.delete(id);
    for (const id of [...this.deliveries.keys()]) if (id <= this.floorId) this.deliveries.delete(id);
  }

  load(settings: GroupSettings): ConsumerGroup {
    const replayed = [...this.dead].flatMap(([id, isReplayed]) => (isReplayed ? id : []));
    return new ConsumerGroup(settings, {
      floorId: this.floorId,
      settledIds: this.settledIds,
      deliveries: this.deliveries,
      replayed,
      deadCount: this.dead.size,
    });
  }
}

type Made = Delivery & { readonly member: string };

class Run {
  readonly #tables = new Tables();
  #group: ConsumerGroup;
  #nowMs = 0;
  #number = 0;
  #emitted = 0;
  /** Every delivery ever made, with the member that has it. */
  readonly #deliveries: Made[] = [];
  /** The model: whose word counts for a record, and which are acknowledged. */
  readonly #current = new Map<number, number>();
  readonly #done = new Set<number>();

  constructor(private readonly settings: GroupSettings) {
    this.#group = this.#tables.load(settings);
  }

  take(next: Step): void {
    if (next.kind === 'emit') this.#emitted += next.count;
    else if (next.kind === 'fetch') this.fetch(MEMBERS[next.member] ?? 'a', next.max);
    else if (next.kind === 'settle') this.#settle(next);
    else if (next.kind === 'pass') this.#pass(next.ms);
    else if (next.kind === 'leave') this.#leave(MEMBERS[next.member] ?? 'a');
    else if (next.kind === 'replay') this.#replay();
    else this.#restart();
    this.#commit();
  }

  fetch(member: string, max: number): Made[] {
    const group = this.#group;
    group.members.join(member, this.#nowMs);
    group.expire(this.#nowMs);
    const lack = group.lack(max, this.#nowMs);
    const ids = this.#emittedBehind(group.cursorId).slice(0, lack);
    group.offer(ids, ids.at(-1) ?? group.cursorId);
    const made = group.deliver(member, group.choose(max, this.#nowMs), this.#nowMs, () => ++this.#number);
    for (const delivery of made) this.#onDelivery(delivery, member);
    return made.map((delivery) => ({ ...delivery, member }));
  }

  acknowledge(delivery: Made): void {
    const { staleCount } = this.#group.settle(
      delivery.member,
      { done: [delivery.number], failed: [], released: [] },
      this.#nowMs,
    );
    if (staleCount === 0) this.#acknowledged(delivery);
    this.#commit();
  }

  /** Whatever is open is handled: then everything is acknowledged or dead, each once. */
  finish(): void {
    this.#pass(1_000_000);
    this.#pass(1_000_000);
    for (let made = this.fetch('z', 100); made.length > 0; made = this.fetch('z', 100)) {
      for (const delivery of made) this.acknowledge(delivery);
    }
    for (let id = 1; id <= this.#emitted; id++) {
      const isDead = this.#tables.dead.has(id);
      expect(this.#done.has(id) || isDead, `record ${id} is neither acknowledged nor dead`).to.equal(true);
    }
    expect(this.#tables.floorId).to.equal(this.#emitted);
    expect([...this.#tables.dead.values()]).to.not.include(true);
    expect(this.#group.deadCount).to.equal(this.#tables.dead.size);
  }

  #onDelivery(delivery: Delivery, member: string): void {
    const { id, attempt } = delivery;
    expect(this.#done.has(id), `record ${id} was acknowledged, and is delivered again`).to.equal(false);
    expect(this.#tables.dead.get(id), `record ${id} is dead, and is delivered`).to.not.equal(false);
    expect(attempt).to.be.at.most(this.settings.deliveriesMax);
    this.#current.set(id, delivery.number);
    this.#deliveries.push({ ...delivery, member });
    if (this.settings.ordered && !this.#tables.dead.has(id)) this.#assertTurn(id, member);
  }

  /** Ordered: everything before it is acknowledged, dead, or in the same hands. */
  #assertTurn(id: number, member: string): void {
    for (let before = 1; before < id; before++) {
      if (this.#done.has(before) || this.#tables.dead.has(before)) continue;
      const holder = this.#deliveries.findLast((made) => made.id === before)?.member;
      expect(holder, `record ${id} was delivered before ${before}`).to.equal(member);
    }
  }

  #settle({ picks, fails, releases }: Extract<Step, { kind: 'settle' }>): void {
    const chosen = picks.flatMap(
      (pick) => this.#deliveries.at(-1 - (pick % Math.max(1, this.#deliveries.length))) ?? [],
    );
    for (const delivery of chosen) {
      const { number, member } = delivery;
      if (releases) this.#group.settle(member, { done: [], failed: [], released: [number] }, this.#nowMs);
      else if (fails)
        this.#group.settle(
          member,
          { done: [], failed: [{ number, code: 'X', message: '' }], released: [] },
          this.#nowMs,
        );
      else {
        const { staleCount } = this.#group.settle(member, { done: [number], failed: [], released: [] }, this.#nowMs);
        if (staleCount === 0) this.#acknowledged(delivery);
      }
    }
  }

  #acknowledged({ id, number }: Delivery): void {
    expect(number, `an old word settled record ${id}`).to.equal(this.#current.get(id));
    expect(this.#done.has(id), `record ${id} was settled twice`).to.equal(false);
    this.#done.add(id);
    if (!this.settings.ordered || this.#tables.dead.has(id)) return;
    for (let before = 1; before < id; before++) {
      const isSettled = this.#done.has(before) || this.#tables.dead.has(before);
      expect(isSettled, `record ${id} was settled before ${before}`).to.equal(true);
    }
  }

  #pass(ms: number): void {
    this.#nowMs += ms;
    this.#group.expire(this.#nowMs);
    this.#commit();
  }

  #leave(member: string): void {
    this.#group.leave(member, this.#nowMs);
  }

  #replay(): void {
    for (const [id, isReplayed] of this.#tables.dead) {
      if (isReplayed) continue;
      this.#tables.dead.set(id, true);
      this.#group.replay(id);
    }
  }

  /** The process was killed: what is stored counts. Nobody is a member, and no earlier delivery is the latest. */
  #restart(): void {
    this.#group = this.#tables.load(this.settings);
    this.#current.clear();
  }

  #commit(): void {
    this.#tables.store(this.#group.takeChanges());
    expect(this.#group.inFlightCount).to.be.at.most(this.#emitted);
    for (let id = 1; id <= this.#tables.floorId; id++) {
      const isSettled = this.#done.has(id) || this.#tables.dead.has(id);
      expect(isSettled, `the floor passed record ${id}, which is open`).to.equal(true);
    }
  }

  #emittedBehind(cursorId: number): number[] {
    return Array.from({ length: this.#emitted - cursorId }, (_, index) => cursorId + index + 1);
  }
}

describe('a consumer group, whatever comes', () => {
  for (const ordered of [false, true]) {
    const settings: GroupSettings = {
      ordered,
      ackWaitMs: limits.groupLeaseMs / 4,
      deliveriesMax: 4,
      backoff: { firstMs: 40, maxMs: 160, factor: 2 },
    };
    it(`settles each record once, heeds no old word and forgets nothing${ordered ? ', in order' : ''}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
          const run = new Run(settings);
          for (const next of steps) run.take(next);
          run.finish();
        }),
        { numRuns: 60, seed },
      );
    });
  }
});
