/**
 * A consumer group: who of its members gets which record of its stream, and what becomes of each delivery. Pure: it is told
 * what there is and what the time is; its owner reads records, stores `takeChanges`, and only then answers.
 *
 * G1. A record is in the hands of one member at most. Only its latest delivery can settle it, by the word of that member: any
 *     other changes nothing and is counted. A name is joined under once, so late words of other lives fit nothing here.
 * G2. A delivery that fails, is not settled in time, or whose member has gone, is made again after a wait that doubles; after
 *     so many the record is a dead letter, unless there is no room for one: then it is tried on.
 * G3. What a member gives back unseen goes to the next who asks, and does not count.
 * G4. Ordered: a record is delivered when everything before it is settled or with the same member, and is settled after it.
 *     When one fails, those behind it in the member's hands are taken back.
 * G5. Bounded: so many records between floor and cursor, so many members, so many dead letters.
 *
 *   waiting ──deliver──▶ flying ──done──▶ settled
 *      ▲                    ├──released──▶ waiting, at once
 *      └────wait doubles────┴──failed, late, member gone──▶ waiting, or a dead letter (settled)
 */
import { backoffMs } from '../../core/backoff.js';
import { limits } from '../../core/limits.js';
import { Flights } from './flights.js';
import { GroupLedger } from './group-ledger.js';
import { GroupMembers } from './group-members.js';
import type { Delivery, GroupChanges, GroupCounters, GroupSettings, Settlement, StoredGroup } from './group-types.js';
import { RecordWindow, type WindowEntry, waitingEntry } from './record-window.js';
import { GONE, LATE, type Trouble } from './trouble.js';
import { WaitingRecords } from './waiting-records.js';

export class ConsumerGroup {
  readonly counters: GroupCounters = { delivered: 0, redelivered: 0, settled: 0, stale: 0, lost: 0 };
  readonly members = new GroupMembers();
  readonly #window: RecordWindow;
  readonly #ledger: GroupLedger;
  /** Dead letters that are tried again, wherever the floor is. */
  readonly #replayed = new Map<number, WindowEntry>();
  readonly #waiting = new WaitingRecords();
  readonly #flying = new Flights();
  #deadCount: number;

  constructor(
    private tuned: GroupSettings,
    stored: StoredGroup,
  ) {
    this.#window = new RecordWindow(stored);
    this.#ledger = new GroupLedger(stored.floorId);
    this.#deadCount = stored.deadCount;
    for (const id of stored.replayed) this.#replay(id);
  }

  get settings(): GroupSettings {
    return this.tuned;
  }

  /** From now on: whoever has something in hand has no longer for it than whoever gets something now. */
  retune(settings: GroupSettings, nowMs: number): void {
    this.tuned = settings;
    this.#flying.shorten(nowMs + settings.ackWaitMs);
  }

  get floorId(): number {
    return this.#window.floorId;
  }

  get cursorId(): number {
    return this.#window.cursorId;
  }

  get inFlightCount(): number {
    return this.#flying.size;
  }

  /** Failed, and waiting for their next delivery. */
  get retryingCount(): number {
    return this.#waiting.retryingCount;
  }

  /** Up to the cursor, not settled: those that are tried again after they died are none of these. */
  get unsettledCount(): number {
    return this.#flying.size + this.#waiting.size - this.#replayed.size;
  }

  get deadCount(): number {
    return this.#deadCount;
  }

  /** One record that is not settled keeps it from looking at more. */
  get isFull(): boolean {
    return this.#window.room === 0;
  }

  /** How many records behind the cursor it would take now for a member that has room for `max`. */
  lack(max: number, nowMs: number): number {
    if (this.settings.ordered && this.#flying.size > 0) return 0;
    return Math.max(0, Math.min(max - this.#waiting.dueCount(nowMs), this.#window.room));
  }

  /** Records of the stream behind the cursor, in order; everything up to `upToId` was looked at. */
  offer(ids: readonly number[], upToId: number): void {
    for (const entry of this.#window.offer(ids, upToId)) this.#waiting.add(entry);
  }

  /** What a member may be given now, first things first. Changes nothing: `deliver` does. */
  choose(max: number, nowMs: number): number[] {
    const ids: number[] = [];
    for (const { id, dueMs } of this.#candidates()) {
      if (ids.length >= max) break;
      if (dueMs <= nowMs) ids.push(id);
      else if (this.settings.ordered && !this.#replayed.has(id)) break;
    }
    return ids;
  }

  /** Puts records that were chosen into the hands of a member. */
  deliver(member: string, ids: readonly number[], nowMs: number, nextNumber: () => number): Delivery[] {
    return ids.flatMap((id) => {
      const entry = this.#waiting.get(id);
      if (entry === undefined) return [];
      this.#waiting.delete(id);
      this.#flying.begin(entry, { member, number: nextNumber(), deadlineMs: nowMs + this.settings.ackWaitMs });
      this.counters.delivered += 1;
      if (entry.deliveries > 1) this.counters.redelivered += 1;
      return { id, number: entry.number, attempt: entry.deliveries };
    });
  }

  /** What became of deliveries to a member: how many of them were not the latest, and which records are dead letters now. */
  settle(member: string, { done, failed, released }: Settlement, nowMs: number) {
    const [staleBefore, deadIds]: [number, number[]] = [this.counters.stale, []];
    for (const number of done) {
      const entry = this.#current(member, number);
      if (entry !== undefined) this.#done(entry, nowMs);
    }
    for (const { number, ...trouble } of failed) {
      const entry = this.#current(member, number);
      if (entry !== undefined && this.#fail(entry, trouble, nowMs)) deadIds.push(entry.id);
    }
    for (const number of released) {
      const entry = this.#flying.get(member, number);
      // Given back twice, or taken back before: it lies where it belongs.
      if (entry !== undefined) this.#release(entry, nowMs);
    }
    return { staleCount: this.counters.stale - staleBefore, deadIds };
  }

  /** A member asks for more, and has seen no delivery behind that number: what it was sent did not reach it. */
  recall(member: string, seenNumber: number, nowMs: number): void {
    for (const entry of this.#flying.of(member))
      if (entry.number > seenNumber && entry.state === 'flying') this.#release(entry, nowMs);
  }

  /** What a member has in hand is given back unseen, and it is no member any more. */
  leave(member: string, nowMs: number): void {
    for (const entry of this.#flying.of(member)) if (entry.state === 'flying') this.#release(entry, nowMs);
    this.members.leave(member);
  }

  /** Time has passed: leases and deliveries may be over. */
  expire(nowMs: number): void {
    const gone = new Set(this.members.expire(nowMs));
    for (const entry of this.#flying.all()) {
      if (entry.state !== 'flying') continue;
      if (gone.has(entry.member)) this.#fail(entry, GONE, nowMs);
      else if (entry.deadlineMs <= nowMs && this.#isFirst(entry)) this.#fail(entry, LATE, nowMs);
      // Each deadline is at least as late as the one before it.
      else if (gone.size === 0) break;
    }
  }

  /** When `expire` or `choose` may have something new, if nothing happens before. */
  nextDueMs(nowMs: number): number {
    const dueMs = Math.min(this.members.nextDueMs(), this.#waiting.nextDueMs(nowMs));
    return Math.min(dueMs, this.#flying.first?.deadlineMs ?? dueMs);
  }

  /** Records that are nowhere to be found any more; what was not settled of them is counted. */
  lose(ids: readonly number[]): void {
    for (const id of ids) {
      const entry = this.#waiting.get(id);
      if (entry !== undefined && !this.#replayed.has(id)) this.#lose(entry);
    }
  }

  /** The log has pruned the stream up to there, and with it so many records of the group that it had not looked at. */
  pruned(upToId: number, unseenCount: number): void {
    for (const entry of [...this.#window.unsettled()]) if (entry.id <= upToId) this.#lose(entry);
    // Some of them were settled before the group was loaded.
    this.counters.lost += Math.max(0, unseenCount - this.#window.forgetStored(upToId));
    if (upToId > this.cursorId) this.offer([], upToId);
  }

  isReplayed(id: number): boolean {
    return this.#replayed.has(id);
  }

  /** A dead letter is to be tried again. */
  replay(id: number): void {
    if (!this.#replayed.has(id)) this.#replay(id);
  }

  /** A dead letter is gone for good, also one that is being tried again. */
  drop(id: number): void {
    this.#deadCount -= 1;
    const entry = this.#replayed.get(id);
    if (entry === undefined) return;
    this.#replayed.delete(id);
    this.#waiting.delete(id);
    this.#flying.delete(entry);
  }

  /** What is to be stored before anybody hears of it; undefined when there is nothing. */
  takeChanges(): GroupChanges | undefined {
    return this.#ledger.take(this.floorId, limits.groupIdleStep);
  }

  *#candidates(): Generator<WindowEntry> {
    if (!this.settings.ordered) return yield* this.#waiting.all();
    if (this.#flying.size > 0) return;
    yield* this.#replayed.values();
    yield* this.#window.unsettled();
  }

  /** The record whose latest delivery this is; undefined, and counted, for any other number, or another member's word. */
  #current(member: string, number: number): WindowEntry | undefined {
    const entry = this.#flying.get(member, number);
    if (entry !== undefined && this.#isFirst(entry)) return entry;
    this.counters.stale += 1;
    return undefined;
  }

  /** In an ordered group only the oldest delivery can be settled. */
  #isFirst(entry: WindowEntry): boolean {
    return !this.settings.ordered || this.#flying.first === entry;
  }

  #done(entry: WindowEntry, nowMs: number): void {
    this.#flying.delete(entry);
    this.counters.settled += 1;
    if (this.#replayed.delete(entry.id)) {
      this.#deadCount -= 1;
      this.#ledger.revived(entry.id);
    } else this.#settle(entry);
    // Until now the next one waited for this one: its time begins.
    if (this.settings.ordered) this.#flying.renew(nowMs + this.settings.ackWaitMs);
  }

  #settle(entry: WindowEntry): void {
    this.#window.settle(entry);
    this.#ledger.settled(entry.id);
  }

  /** @returns whether the record is a dead letter now. */
  #fail(entry: WindowEntry, trouble: Trouble, nowMs: number): boolean {
    const { ordered, deliveriesMax, backoff } = this.settings;
    const isReplay = this.#replayed.has(entry.id);
    if (ordered) for (const later of this.#flying.behind(entry)) this.#putBack(later, nowMs);
    const hasRoom = isReplay || this.#deadCount < limits.groupDeadMax;
    if (entry.deliveries >= deliveriesMax && hasRoom) {
      this.#flying.delete(entry);
      this.#ledger.died({ id: entry.id, deliveries: entry.deliveries, ...trouble });
      if (this.#replayed.delete(entry.id)) entry.state = 'settled';
      else {
        this.#deadCount += 1;
        this.#settle(entry);
      }
      return true;
    }
    if (!isReplay) this.#ledger.failed(entry.id, entry.deliveries);
    this.#wait(entry, nowMs + backoffMs(backoff, entry.deliveries, 1));
    return false;
  }

  #release(entry: WindowEntry, nowMs: number): void {
    if (this.settings.ordered) for (const later of this.#flying.behind(entry)) this.#putBack(later, nowMs);
    if (entry.state === 'flying') this.#putBack(entry, nowMs);
  }

  #putBack(entry: WindowEntry, nowMs: number): void {
    entry.deliveries -= 1;
    this.#wait(entry, nowMs);
  }

  #wait(entry: WindowEntry, dueMs: number): void {
    this.#flying.delete(entry);
    entry.state = 'waiting';
    entry.dueMs = dueMs;
    this.#waiting.add(entry);
  }

  #lose(entry: WindowEntry): void {
    this.#waiting.delete(entry.id);
    this.#flying.delete(entry);
    this.counters.lost += 1;
    this.#settle(entry);
  }

  #replay(id: number): void {
    const entry = waitingEntry(id);
    this.#replayed.set(id, entry);
    this.#waiting.add(entry);
  }
}
