/**
 * The calls of an action that runs only so many at once: who runs, who waits, who is turned away. Pure: time comes in, who
 * is to run next goes out.
 *
 * Q1  At most `concurrency` run at once. While there is room a call runs without waiting.
 * Q2  Who waits is served in the order of its rank: the moment it came, plus `limits.actionPriorityStepMs` for each step of
 *     its priority. So among equals who came first is first, a better priority overtakes, and nobody is overtaken by who
 *     came more than nine steps later: no priority waits for ever.
 * Q3  Nothing is handed out whose deadline is over (`expired`) or that waited longer than `ageMsMax` (`aged`).
 * Q4  At most `lengthMax` wait. When all places are taken the one that would be served last has to go, be it the newcomer.
 * Q5  Whatever goes in comes out exactly once: to run, dropped, or removed by its owner.
 */
import { limits } from '../../../common/core/limits.js';
import { priorityLast } from '../../../common/protocol/request-meta.js';

export interface ActionQueueOptions {
  readonly concurrency: number;
  readonly lengthMax: number;
  /** Infinity: a call waits until its deadline. */
  readonly ageMsMax: number;
}

/** A call that waits. Its owner keeps it, to take it back. */
export interface Ticket<Call> {
  readonly call: Call;
  readonly priority: number;
  readonly enqueuedMs: number;
  /** Infinity where it has none. */
  readonly deadlineMs: number;
  readonly rank: number;
  /** Neighbours in its lane; the queue's own. */
  before: Ticket<Call> | undefined;
  after: Ticket<Call> | undefined;
  isWaiting: boolean;
}

export type Admission<Call> =
  | { readonly kind: 'run' }
  /** `evicted` had to go for it. */
  | { readonly kind: 'wait'; readonly ticket: Ticket<Call>; readonly evicted?: Ticket<Call> }
  | { readonly kind: 'full' };

export interface Dropped<Call> {
  readonly ticket: Ticket<Call>;
  readonly why: 'expired' | 'aged';
}

export interface Turn<Call> {
  /** Runs from now on. */
  readonly next: Ticket<Call> | undefined;
  readonly dropped: readonly Dropped<Call>[];
}

/** All that wait with one priority, in the order they came. */
interface Lane<Call> {
  first: Ticket<Call> | undefined;
  last: Ticket<Call> | undefined;
}

const RUN = { kind: 'run' } as const;
const FULL = { kind: 'full' } as const;
const NONE: readonly never[] = [];

export class ActionQueue<Call> {
  readonly #lanes: Lane<Call>[] = Array.from({ length: priorityLast + 1 }, () => ({
    first: undefined,
    last: undefined,
  }));
  #length = 0;
  #runningCount = 0;
  /** A mean that follows: undefined before the first run has ended. */
  #runMs: number | undefined;

  constructor(private readonly options: ActionQueueOptions) {}

  get length(): number {
    return this.#length;
  }

  get runningCount(): number {
    return this.#runningCount;
  }

  /** How long the one that waits longest has waited; 0 when nobody does. */
  ageMs(nowMs: number): number {
    let oldestMs = nowMs;
    for (const { first } of this.#lanes) if (first !== undefined) oldestMs = Math.min(oldestMs, first.enqueuedMs);
    return nowMs - oldestMs;
  }

  /** @param priority 0 is served first, 9 last */
  offer(call: Call, priority: number, deadlineMs: number, nowMs: number): Admission<Call> {
    if (this.#runningCount < this.options.concurrency && this.#length === 0) {
      this.#runningCount++;
      return RUN;
    }
    const rank = nowMs + priority * limits.actionPriorityStepMs;
    let evicted: Ticket<Call> | undefined;
    if (this.#length >= this.options.lengthMax) {
      evicted = this.#lastServed();
      if (evicted === undefined || evicted.rank <= rank) return FULL;
      this.#unlink(evicted);
    }
    const ticket: Ticket<Call> = {
      call,
      priority,
      enqueuedMs: nowMs,
      deadlineMs,
      rank,
      before: undefined,
      after: undefined,
      isWaiting: true,
    };
    this.#append(ticket);
    return evicted === undefined ? { kind: 'wait', ticket } : { kind: 'wait', ticket, evicted };
  }

  /** A run has ended after `runMs`: its place goes to the next. */
  release(runMs: number, nowMs: number): Turn<Call> {
    this.#runMs = this.#runMs === undefined ? runMs : this.#runMs + (runMs - this.#runMs) * MEAN_SHARE;
    const dropped: Dropped<Call>[] = [];
    for (;;) {
      const next = this.#nextServed();
      if (next === undefined) {
        this.#runningCount--;
        return { next, dropped };
      }
      this.#unlink(next);
      const why = this.#lateness(next, nowMs);
      if (why === undefined) return { next, dropped };
      dropped.push({ ticket: next, why });
    }
  }

  /** Its owner takes it back; false when it is not there any more. */
  remove(ticket: Ticket<Call>): boolean {
    if (!ticket.isWaiting) return false;
    this.#unlink(ticket);
    return true;
  }

  /** Time passes: whoever waits in vain goes at once, and not only when a place is free. */
  sweep(nowMs: number): readonly Dropped<Call>[] {
    if (this.#length === 0) return NONE;
    const dropped: Dropped<Call>[] = [];
    for (const { first } of this.#lanes) {
      for (let ticket = first; ticket !== undefined; ) {
        const { after } = ticket;
        const why = this.#lateness(ticket, nowMs);
        if (why !== undefined) {
          this.#unlink(ticket);
          dropped.push({ ticket, why });
        }
        ticket = after;
      }
    }
    return dropped;
  }

  /**
   * When it is worth while to ask again: what waits now has been served by then, as long as runs take what they took.
   * Before the first of them has ended, as long as somebody has waited already.
   */
  retryAfterMs(nowMs: number): number {
    const { concurrency } = this.options;
    const estimateMs = this.#runMs === undefined ? this.ageMs(nowMs) : (this.#runMs * this.#length) / concurrency;
    return Math.ceil(Math.min(limits.retryAfterMsMax, Math.max(limits.retryAfterMsMin, estimateMs)));
  }

  #lateness({ deadlineMs, enqueuedMs }: Ticket<Call>, nowMs: number): Dropped<Call>['why'] | undefined {
    if (nowMs >= deadlineMs) return 'expired';
    return nowMs - enqueuedMs > this.options.ageMsMax ? 'aged' : undefined;
  }

  #nextServed(): Ticket<Call> | undefined {
    let best: Ticket<Call> | undefined;
    for (const { first } of this.#lanes) {
      if (first !== undefined && (best === undefined || first.rank < best.rank)) best = first;
    }
    return best;
  }

  #lastServed(): Ticket<Call> | undefined {
    let worst: Ticket<Call> | undefined;
    for (const { last } of this.#lanes) {
      if (last !== undefined && (worst === undefined || last.rank >= worst.rank)) worst = last;
    }
    return worst;
  }

  #append(ticket: Ticket<Call>): void {
    const lane = this.#laneOf(ticket);
    ticket.before = lane.last;
    if (lane.last === undefined) lane.first = ticket;
    else lane.last.after = ticket;
    lane.last = ticket;
    this.#length++;
  }

  #unlink(ticket: Ticket<Call>): void {
    const lane = this.#laneOf(ticket);
    if (ticket.before === undefined) lane.first = ticket.after;
    else ticket.before.after = ticket.after;
    if (ticket.after === undefined) lane.last = ticket.before;
    else ticket.after.before = ticket.before;
    ticket.before = undefined;
    ticket.after = undefined;
    ticket.isWaiting = false;
    this.#length--;
  }

  #laneOf({ priority }: Ticket<Call>): Lane<Call> {
    return this.#lanes[priority] as Lane<Call>;
  }
}

/** Of the newest run in the mean: some twenty runs and the old ones are forgotten. */
const MEAN_SHARE = 0.1;
