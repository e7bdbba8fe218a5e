/** A consumer group as a pure core: small scenes, one for each rule of its contract. */
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { ConsumerGroup } from '../../../common/journal/consumers/consumer-group.js';
import type {
  Delivery,
  GroupSettings,
  Settlement,
  StoredGroup,
} from '../../../common/journal/consumers/group-types.js';

const SETTINGS: GroupSettings = {
  ordered: false,
  ackWaitMs: 1_000,
  deliveriesMax: 3,
  backoff: { firstMs: 100, maxMs: 400, factor: 2 },
};

const EMPTY: StoredGroup = { floorId: 0, settledIds: new Set(), deliveries: new Map(), replayed: [], deadCount: 0 };

/** A group with members a and b, and what a test asks of it in one word. */
class Scene {
  readonly group: ConsumerGroup;
  nowMs = 0;
  #number = 0;
  readonly #memberOf = new Map<number, string>();

  constructor(settings: Partial<GroupSettings> = {}, stored: Partial<StoredGroup> = {}) {
    this.group = new ConsumerGroup({ ...SETTINGS, ...settings }, { ...EMPTY, ...stored });
    this.group.members.join('a', 0);
    this.group.members.join('b', 0);
  }

  offer(...ids: number[]): void {
    this.group.offer(ids, ids.at(-1) ?? 0);
  }

  take(member: string, max = 10): Delivery[] {
    for (const name of ['a', 'b']) this.group.members.hear(name, this.nowMs);
    this.group.expire(this.nowMs);
    const made = this.group.deliver(member, this.group.choose(max, this.nowMs), this.nowMs, () => ++this.#number);
    for (const { number } of made) this.#memberOf.set(number, member);
    return made;
  }

  /** By the member that has the first of them, unless it is said by another one. */
  settle(settlement: Partial<Settlement>, member?: string) {
    const { done = [], failed = [], released = [] } = settlement;
    const [first = 0] = [...done, ...failed.map(({ number }) => number), ...released];
    const who = member ?? this.#memberOf.get(first) ?? 'a';
    return this.group.settle(who, { done, failed, released }, this.nowMs);
  }

  fail(number: number | undefined) {
    return this.settle({ failed: [{ number: number ?? 0, code: 'ACTION_FAILED', message: 'no' }] });
  }
}

const idsOf = (deliveries: readonly Delivery[]): number[] => deliveries.map(({ id }) => id);
const numbersOf = (deliveries: readonly Delivery[]): number[] => deliveries.map(({ number }) => number);

describe('a consumer group', () => {
  it('gives each record to one member, in order, and to nobody else while it is there', () => {
    const scene = new Scene();
    scene.offer(1, 2, 3, 5);
    expect(idsOf(scene.take('a', 2))).to.deep.equal([1, 2]);
    expect(idsOf(scene.take('b', 10))).to.deep.equal([3, 5]);
    expect(scene.take('a')).to.deep.equal([]);
  });

  it('moves its floor over what is settled, and remembers what is settled above it', () => {
    const scene = new Scene();
    scene.offer(1, 2, 3, 5);
    const [one, two, three] = numbersOf(scene.take('a'));
    scene.settle({ done: [two ?? 0, three ?? 0] });
    expect(scene.group.floorId).to.equal(0);
    expect(scene.group.takeChanges()).to.deep.include({ floorId: 0, settledIds: [2, 3] });
    scene.settle({ done: [one ?? 0] });
    expect(scene.group.takeChanges()).to.deep.include({ floorId: 4, settledIds: [] });
    expect(scene.group.takeChanges()).to.equal(undefined);
  });

  it('makes a delivery that failed again after a wait that doubles, and at last a dead letter of it', () => {
    const scene = new Scene();
    scene.offer(1, 2);
    const [first] = scene.take('a', 1);
    expect(scene.fail(first?.number).deadIds).to.deep.equal([]);
    expect(idsOf(scene.take('b', 1)), 'the next one goes on').to.deep.equal([2]);
    scene.nowMs = 99;
    expect(scene.take('b')).to.deep.equal([]);
    expect(scene.group.nextDueMs(scene.nowMs)).to.equal(100);
    scene.nowMs = 100;
    const [second] = scene.take('b');
    expect(second).to.include({ id: 1, attempt: 2 });
    scene.fail(second?.number);
    scene.nowMs = 299;
    expect(scene.take('b')).to.deep.equal([]);
    scene.nowMs = 300;
    const [third] = scene.take('a');
    expect(scene.fail(third?.number).deadIds).to.deep.equal([1]);
    const changes = scene.group.takeChanges();
    expect(changes?.died).to.deep.equal([{ id: 1, deliveries: 3, code: 'ACTION_FAILED', message: 'no' }]);
    expect(changes?.floorId).to.equal(1);
    expect(scene.group.deadCount).to.equal(1);
  });

  it('does not heed a word about an earlier delivery, and counts it', () => {
    const scene = new Scene();
    scene.offer(1);
    const [late] = scene.take('a');
    scene.nowMs = 1_000;
    expect(scene.take('b'), 'it was late, and waits').to.deep.equal([]);
    scene.nowMs = 1_100;
    const [current] = scene.take('b');
    expect(current).to.include({ id: 1, attempt: 2 });
    expect(scene.settle({ done: [late?.number ?? 0] }).staleCount).to.equal(1);
    expect(scene.fail(late?.number).staleCount).to.equal(1);
    expect(scene.group.floorId).to.equal(0);
    expect(scene.settle({ done: [current?.number ?? 0] }).staleCount).to.equal(0);
    expect(scene.settle({ done: [current?.number ?? 0] }).staleCount, 'said twice').to.equal(1);
    expect(scene.group.floorId).to.equal(1);
    expect(scene.group.counters.stale).to.equal(3);
  });

  it('takes what a member that fell silent had, and gives it to others', () => {
    const scene = new Scene({ ackWaitMs: 1_000_000 });
    scene.offer(1, 2);
    scene.take('a', 1);
    scene.group.members.hear('b', limits.groupLeaseMs);
    scene.group.expire(limits.groupLeaseMs);
    expect(scene.group.members.names).to.deep.equal(['b']);
    scene.nowMs = limits.groupLeaseMs + 100;
    expect(idsOf(scene.take('b'))).to.have.members([1, 2]);
  });

  it('delivers again what a member that asks for more has not seen', () => {
    const scene = new Scene();
    scene.offer(1, 2, 3);
    const [one] = numbersOf(scene.take('a', 1));
    scene.take('a', 2);
    scene.group.recall('b', 0, 0);
    scene.group.recall('a', one ?? 0, 0);
    expect(scene.take('b').map(({ id, attempt }) => [id, attempt])).to.deep.equal([
      [2, 1],
      [3, 1],
    ]);
  });

  it('gives what is left unseen to the next who asks, and does not count that delivery', () => {
    const scene = new Scene();
    scene.offer(1, 2, 3);
    const [one] = numbersOf(scene.take('a'));
    scene.settle({ released: [one ?? 0] });
    expect(scene.take('b')).to.deep.include.members([{ id: 1, number: 4, attempt: 1 }]);
    scene.group.leave('a', 0);
    expect(scene.take('b').map(({ id, attempt }) => [id, attempt])).to.deep.equal([
      [2, 1],
      [3, 1],
    ]);
  });

  it('takes a record that hangs from its member in the time that holds now, whoever had more time before', () => {
    const scene = new Scene({ ackWaitMs: 5_000 });
    scene.offer(1, 2);
    scene.take('a', 1);
    scene.group.retune({ ...scene.group.settings, ackWaitMs: 100 }, scene.nowMs);
    scene.take('b', 1);
    scene.nowMs += 101;
    scene.group.expire(scene.nowMs);
    expect(scene.group.inFlightCount, 'neither has it any more').to.equal(0);
  });

  it('heeds nobody else’s word about what a member has, whatever its number', () => {
    const scene = new Scene();
    scene.offer(1, 2);
    const [one, two] = numbersOf(scene.take('a'));
    expect(scene.settle({ done: [one ?? 0], released: [two ?? 0] }, 'b').staleCount).to.equal(1);
    expect(scene.settle({ failed: [{ number: two ?? 0, code: 'X', message: '' }] }, 'b').staleCount).to.equal(1);
    expect(scene.group.inFlightCount).to.equal(2);
    expect(scene.settle({ done: [one ?? 0, two ?? 0] }).staleCount).to.equal(0);
    expect(scene.group.floorId).to.equal(2);
  });

  it('after a restart delivers what was not settled and nothing that was, and knows how often it failed', () => {
    const scene = new Scene({}, { floorId: 2, settledIds: new Set([4]), deliveries: new Map([[3, 2]]) });
    scene.offer(3, 4, 5);
    expect(scene.take('a').map(({ id, attempt }) => [id, attempt])).to.deep.equal([
      [3, 3],
      [5, 1],
    ]);
  });

  it('tries a dead letter again wherever its floor is, and forgets it when that went well', () => {
    const scene = new Scene({}, { floorId: 9, replayed: [4], deadCount: 2 });
    scene.group.replay(7);
    const deliveries = scene.take('a');
    expect(idsOf(deliveries)).to.deep.equal([4, 7]);
    scene.settle({ done: [deliveries[0]?.number ?? 0] });
    for (let delivery: Delivery | undefined = deliveries[1]; delivery !== undefined; ) {
      scene.fail(delivery.number);
      scene.nowMs += 1_000;
      [delivery] = scene.take('b');
    }
    const changes = scene.group.takeChanges();
    expect(changes?.revivedIds).to.deep.equal([4]);
    expect(changes?.died).to.deep.include({ id: 7, deliveries: 3, code: 'ACTION_FAILED', message: 'no' });
    expect(changes?.floorId).to.equal(9);
    expect(scene.group.deadCount).to.equal(1);
  });

  it('drops a dead letter that is being tried again', () => {
    const scene = new Scene({}, { floorId: 9, replayed: [4], deadCount: 1 });
    const [delivery] = scene.take('a');
    scene.group.drop(4);
    expect(scene.settle({ done: [delivery?.number ?? 0] }).staleCount).to.equal(1);
    expect(scene.group.deadCount).to.equal(0);
  });

  it('has no more dead letters than it may, and tries the next one on instead', () => {
    const scene = new Scene({ deliveriesMax: 1 }, { deadCount: limits.groupDeadMax });
    scene.offer(1);
    for (let turn = 1; turn <= 3; turn++) {
      const [delivery] = scene.take('a');
      expect(delivery?.attempt).to.equal(turn);
      expect(scene.fail(delivery?.number).deadIds).to.deep.equal([]);
      scene.nowMs += 400;
    }
    scene.group.drop(99);
    expect(scene.fail(scene.take('a')[0]?.number).deadIds).to.deep.equal([1]);
  });

  it('looks at no more records than its window has room for, while one keeps its floor', () => {
    const scene = new Scene();
    const ids = Array.from({ length: limits.groupWindowMax }, (_, index) => index + 1);
    scene.offer(...ids);
    const [first, ...rest] = numbersOf(scene.take('a', limits.groupWindowMax));
    scene.settle({ done: rest });
    expect(scene.group.isFull).to.equal(true);
    expect(scene.group.lack(10, 0)).to.equal(0);
    scene.settle({ done: [first ?? 0] });
    expect(scene.group.lack(10, 0)).to.equal(10);
    expect(scene.group.floorId).to.equal(limits.groupWindowMax);
  });

  it('counts what was pruned before it was settled, and goes on behind it', () => {
    const scene = new Scene();
    scene.offer(1, 2, 3);
    const [one, two] = scene.take('a', 2);
    scene.settle({ done: [one?.number ?? 0] });
    scene.group.pruned(10, 4);
    expect(scene.group.counters.lost).to.equal(6);
    expect(scene.group.floorId).to.equal(10);
    expect(scene.settle({ done: [two?.number ?? 0] }).staleCount).to.equal(1);
    scene.offer(11);
    expect(idsOf(scene.take('b'))).to.deep.equal([11]);
  });

  describe('that is ordered', () => {
    it('gives everything to one member at a time, until that has settled it', () => {
      const scene = new Scene({ ordered: true });
      scene.offer(1, 2, 3);
      const deliveries = scene.take('a', 2);
      expect(idsOf(deliveries)).to.deep.equal([1, 2]);
      expect(scene.take('b')).to.deep.equal([]);
      expect(scene.settle({ done: [deliveries[1]?.number ?? 0] }).staleCount, 'out of turn').to.equal(1);
      scene.settle({ done: numbersOf(deliveries) });
      expect(idsOf(scene.take('b'))).to.deep.equal([3]);
    });

    it('takes back what is behind a record that failed, and waits for that one', () => {
      const scene = new Scene({ ordered: true });
      scene.offer(1, 2, 3);
      const [one, two] = scene.take('a');
      scene.fail(one?.number);
      expect(scene.settle({ done: [two?.number ?? 0] }).staleCount).to.equal(1);
      scene.nowMs = 99;
      expect(scene.take('b')).to.deep.equal([]);
      scene.nowMs = 100;
      expect(scene.take('b').map(({ id, attempt }) => [id, attempt])).to.deep.equal([
        [1, 2],
        [2, 1],
        [3, 1],
      ]);
    });

    it('gives each record its time from when those before it are settled', () => {
      const scene = new Scene({ ordered: true });
      scene.offer(1, 2);
      const [one, two] = scene.take('a');
      scene.nowMs = 900;
      scene.settle({ done: [one?.number ?? 0] });
      scene.nowMs = 1_800;
      scene.group.expire(scene.nowMs);
      expect(scene.settle({ done: [two?.number ?? 0] }).staleCount).to.equal(0);
    });

    it('goes on behind a dead letter', () => {
      const scene = new Scene({ ordered: true, deliveriesMax: 1 });
      scene.offer(1, 2);
      const [one] = scene.take('a');
      expect(scene.fail(one?.number).deadIds).to.deep.equal([1]);
      expect(idsOf(scene.take('b'))).to.deep.equal([2]);
    });
  });
});
