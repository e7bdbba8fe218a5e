/**
 * The way into an action that runs only so many calls at once: `ActionQueue` with its sockets and timers. A call enters, or
 * waits for its turn; while it waits it can be given up, run out of time, or be turned away for others.
 */
import { systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { priorityDefault } from '../../../common/protocol/request-meta.js';
import type { CallSource } from './action-call.js';
import { ActionQueue, type ActionQueueOptions, type Dropped, type Ticket } from './action-queue.js';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: MeshError) => void;
}

export class ActionGate {
  readonly counters = { overloaded: 0, expired: 0 };
  readonly #queue: ActionQueue<Waiting>;
  #sweeper: NodeJS.Timeout | undefined;

  /** @param title `agent.action` */
  constructor(
    private readonly title: string,
    private readonly options: ActionQueueOptions,
  ) {
    this.#queue = new ActionQueue(options);
  }

  get waitingCount(): number {
    return this.#queue.length;
  }

  get runningCount(): number {
    return this.#queue.runningCount;
  }

  ageMs(nowMs: number): number {
    return this.#queue.ageMs(nowMs);
  }

  /**
   * Undefined when the call may run at once; else resolves when it is its turn. Whoever entered must `leave`.
   * @throws OVERLOADED, EXPIRED, or why nobody waits for it any more; then it did not enter
   */
  enter(source: CallSource, nowMs: number): Promise<void> | undefined {
    const { priority = priorityDefault, timeoutMs = Number.POSITIVE_INFINITY } = source.meta;
    const waiting = promised();
    const admission = this.#queue.offer(waiting, priority, source.receivedMs + timeoutMs, nowMs);
    if (admission.kind === 'run') return undefined;
    if (admission.kind === 'full') throw this.#overloaded('as many calls wait as may', nowMs);
    const { ticket, evicted } = admission;
    evicted?.call.reject(this.#overloaded('calls that are to be served before it took its place', nowMs));
    source.onAbandoned((reason) => {
      if (this.#queue.remove(ticket)) waiting.reject(reason);
    });
    this.#sweeper ??= setInterval(() => this.#sweep(), limits.actionSweepMs);
    return waiting.promise;
  }

  /** A call that entered has ended after `runMs`. */
  leave(runMs: number, nowMs: number): void {
    const { next, dropped } = this.#queue.release(runMs, nowMs);
    this.#refuse(dropped, nowMs);
    next?.call.resolve();
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #sweep(): void {
    const nowMs = systemClock.monotonicMs();
    this.#refuse(this.#queue.sweep(nowMs), nowMs);
    if (this.#queue.length === 0) this.close();
  }

  #refuse(dropped: readonly Dropped<Waiting>[], nowMs: number): void {
    for (const { ticket, why } of dropped) {
      ticket.call.reject(
        why === 'expired'
          ? this.#expired(ticket, nowMs)
          : this.#overloaded(`it waited longer than the ${this.options.ageMsMax} ms that calls may`, nowMs),
      );
    }
  }

  #expired({ enqueuedMs }: Ticket<Waiting>, nowMs: number): MeshError {
    this.counters.expired++;
    const waitedMs = Math.round(nowMs - enqueuedMs);
    return new MeshError('EXPIRED', `the call of ${this.title} ran out of its time after ${waitedMs} ms in the queue`, {
      hint: 'it did not run: give it more time, or ask another instance',
      details: { queueMs: waitedMs },
    });
  }

  #overloaded(why: string, nowMs: number): MeshError {
    this.counters.overloaded++;
    const { concurrency } = this.options;
    const retryAfterMs = this.#queue.retryAfterMs(nowMs);
    return new MeshError('OVERLOADED', `${this.title} runs ${concurrency} at once and cannot take this call: ${why}`, {
      hint: `it did not run: ask again in ${retryAfterMs} ms, or another instance`,
      details: { retryAfterMs, waiting: this.#queue.length },
    });
  }
}

function promised(): Waiting & { readonly promise: Promise<void> } {
  let resolve: () => void = () => undefined;
  let reject: (error: MeshError) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
