/**
 * The handler of a subscription with a queue: it runs for one event after the other, awaited, and what comes meanwhile waits,
 * bounded. At the bound `drop-oldest` drops and counts; `block` says so to whoever offers, who then offers no more.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../core/clock.js';
import { limits } from '../../core/limits.js';
import { EventQueue, type QueuedEvent } from './event-queue.js';
import type { Overflow } from './subscription.js';

export interface ChainLinks {
  /** Never rejects. */
  readonly handle: (entry: QueuedEvent) => Promise<void>;
  /** Told before the next event is handled. */
  readonly onDropped: (count: number, topic: string, publisher: string) => void;
  /** What was missing before an event that was dropped itself. */
  readonly onMissed: (count: number, topic: string, publisher: string) => void;
}

export class HandlerChain {
  droppedCount = 0;
  handlerMs = 0;
  readonly #queue: EventQueue;
  #handling = false;
  /** Those who wait for room: the reader of the socket, and who brings last values. */
  #onRoom: (() => void)[] = [];
  /** Dropped, of one publisher and topic, and not told yet. */
  #untold: { count: number; readonly topic: string; readonly publisher: string } | undefined;

  constructor(
    readonly overflow: Overflow,
    readonly queueMax: number,
    private readonly links: ChainLinks,
  ) {
    this.#queue = new EventQueue(queueMax);
  }

  get count(): number {
    return this.#queue.count;
  }

  /** How long the oldest that waits has waited. */
  get waitMs(): number {
    const { oldest } = this.#queue;
    return oldest === undefined ? 0 : Math.round(systemClock.monotonicMs() - oldest.arrivedMs);
  }

  /** @returns a promise when there is no room for another one: until it resolves none is to be offered. */
  take(entry: QueuedEvent): Promise<void> | undefined {
    const queue = this.#queue;
    if (queue.full && this.overflow === 'drop-oldest') this.#dropOldest();
    queue.push(entry);
    if (!this.#handling) void this.#handleAll();
    if (!queue.full || this.overflow === 'drop-oldest') return undefined;
    return new Promise((resolve) => {
      this.#onRoom.push(resolve);
    });
  }

  /** What waits is let go. */
  close(): void {
    this.#queue.clear();
    this.#tellRoom();
  }

  #dropOldest(): void {
    const entry = this.#queue.shift();
    if (entry === undefined) return;
    const { topic, publisher } = entry.event;
    this.droppedCount++;
    if (this.#untold?.topic !== topic || this.#untold.publisher !== publisher) this.#tellDropped();
    if (entry.missed > 0) this.links.onMissed(entry.missed, topic, publisher);
    this.#untold ??= { count: 0, topic, publisher };
    this.#untold.count++;
  }

  async #handleAll(): Promise<void> {
    this.#handling = true;
    // Whoever offers goes on first: the handler is never called from within it.
    await Promise.resolve();
    let sinceMs = systemClock.monotonicMs();
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
      this.#tellRoom();
      this.#tellDropped();
      const startMs = systemClock.monotonicMs();
      await this.links.handle(entry);
      const nowMs = systemClock.monotonicMs();
      this.handlerMs += nowMs - startMs;
      if (nowMs - sinceMs < limits.receiveBurstMs) continue;
      // Handlers that return at once would hold up all other work of the process.
      await nextTurn();
      sinceMs = systemClock.monotonicMs();
    }
    this.#tellDropped();
    this.#handling = false;
  }

  #tellDropped(): void {
    if (this.#untold === undefined) return;
    const { count, topic, publisher } = this.#untold;
    this.#untold = undefined;
    this.links.onDropped(count, topic, publisher);
  }

  #tellRoom(): void {
    if (this.#onRoom.length === 0 || this.#queue.full) return;
    for (const onRoom of this.#onRoom.splice(0)) onRoom();
  }
}
