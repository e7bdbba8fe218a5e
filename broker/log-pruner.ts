/**
 * Keeps main's log within its bounds: the whole of it within a number of records, each stream within its rule. In steps
 * between which appends go on; one round at a time. A consumer group that loses records to the bound of the whole log is
 * told of once, until it has lost nothing for a round; so is one that nobody is a member of any more, and that keeps its
 * stream over the bounds of its rule day and night. A clock that was set forward makes no record old (`steady-time.ts`).
 */
import { type Clock, momentOf } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';
import type { GroupLoss } from '../common/journal/consumers/group-requests.js';
import type { Log } from '../common/journal/log/log.js';
import type { HeldStream } from '../common/journal/streams/stream-retention.js';
import type { AgentLog } from '../common/log/log.js';
import type { ErrorReportInput } from '../common/protocol/errors/error-report.js';
import type { StreamRule } from '../common/protocol/stream-rule.js';
import { SteadyTime } from './steady-time.js';

export interface LogPrunerOptions {
  readonly store: Pick<Log, 'retain' | 'prune'>;
  readonly recordsKept: number;
  /** What holds for streams now. */
  readonly rules: () => readonly StreamRule[];
  readonly onReport: (report: ErrorReportInput) => void;
  readonly clock: Clock;
  readonly log: AgentLog;
}

export class LogPruner {
  readonly counters = { pruned: 0, lostByGroups: 0 };
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isClosed = false;
  readonly #time = new SteadyTime();
  /** Groups that lost records in the last round. */
  #losing: ReadonlySet<string> = new Set();
  /** Groups without members that keep their stream over its bounds, since when, and whether that was told. */
  #holding: ReadonlyMap<string, Holding> = new Map();

  constructor(private readonly options: LogPrunerOptions) {}

  start(): void {
    this.#timer = setInterval(() => void this.prune(), limits.logPruneIntervalMs).unref();
  }

  /** One round; whoever asks while one runs waits for that one. Never rejects. */
  prune(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#round ??= this.#prune().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  async #prune(): Promise<void> {
    const { store, recordsKept, rules, log } = this.options;
    const losses = new Map<string, GroupLoss>();
    const held = new Map<string, HeldStream>();
    try {
      const onHeld = (one: HeldStream) => {
        if (one.memberCount === 0) held.set(one.group, one);
      };
      this.counters.pruned += await store.retain(rules(), onHeld, this.#now());
      this.#onHeld(held);
      this.counters.pruned += await store.prune(recordsKept, (loss) => {
        const count = loss.count + (losses.get(loss.group)?.count ?? 0);
        losses.set(loss.group, { ...loss, count });
      });
    } catch (error) {
      // A closed or broken store says so elsewhere; the next round tries again.
      if (!this.#isClosed) log.warn({ err: error }, 'the log could not be pruned');
    }
    for (const loss of losses.values()) this.#onLoss(loss);
    this.#losing = new Set(losses.keys());
  }

  #now(): number {
    const wasHeld = this.#time.isHeld;
    const nowMs = this.#time.at(momentOf(this.options.clock));
    if (this.#time.isHeld && !wasHeld)
      this.options.log.warn('the clock was set forward: for a day no record goes because of that');
    return nowMs;
  }

  #onHeld(held: ReadonlyMap<string, HeldStream>): void {
    const nowMs = this.options.clock.monotonicMs();
    const holding = new Map<string, Holding>();
    for (const [group, { stream }] of held) {
      const { sinceMs, isTold } = this.#holding.get(group) ?? { sinceMs: nowMs, isTold: false };
      const isLong = nowMs - sinceMs >= limits.streamHeldMs;
      holding.set(group, { sinceMs, isTold: isTold || isLong });
      if (isLong && !isTold) this.#report(group, stream);
    }
    this.#holding = holding;
  }

  #report(group: string, stream: string): void {
    this.options.onReport({
      code: 'GROUP_FORSAKEN',
      severity: 'warning',
      component: 'log',
      message: `the consumer group ${group} has no member, and keeps ${stream} over its bound: nothing of it goes`,
      context: { group, stream, next: `start who consumes it, or "mesh stream group rm ${group}"` },
    });
  }

  #onLoss({ group, stream, count }: GroupLoss): void {
    this.counters.lostByGroups += count;
    if (this.#losing.has(group)) return;
    this.options.onReport({
      code: 'GROUP_LOST_RECORDS',
      severity: 'critical',
      component: 'log',
      message: `the consumer group ${group} lost records of ${stream} that it had not settled: the log is at its bound`,
      context: {
        group,
        stream,
        count,
        recordsKept: this.options.recordsKept,
        next: 'see "mesh stream groups" for how far it is behind, and let more members join; or remove the group',
      },
    });
  }
}

interface Holding {
  readonly sinceMs: number;
  readonly isTold: boolean;
}
