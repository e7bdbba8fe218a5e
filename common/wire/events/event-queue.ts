/**
 * Events that wait for the handler of one subscription. Pure and bounded, in number and in bytes. What happens at the bound
 * is its owner's choice: it drops the oldest, or it offers no more until there is room.
 */
import { limits } from '../../core/limits.js';
import type { EventInfo } from './subscription.js';

export interface QueuedEvent {
  readonly body: unknown;
  readonly event: EventInfo;
  /** What it took in its frame, about. */
  readonly bytes: number;
  /** Monotonic. */
  readonly arrivedMs: number;
  /** So many events of its publisher on its topic never arrived before it. */
  readonly missed: number;
}

export class EventQueue {
  #entries: QueuedEvent[] = [];
  #head = 0;
  #bytes = 0;

  constructor(
    private readonly countMax: number,
    private readonly bytesMax: number = limits.subscriptionQueueBytesMax,
  ) {}

  get count(): number {
    return this.#entries.length - this.#head;
  }

  /** At its bound, or beyond it by the bytes of its last event: an empty queue takes one of any size. */
  get full(): boolean {
    return this.count >= this.countMax || this.#bytes >= this.bytesMax;
  }

  get oldest(): QueuedEvent | undefined {
    return this.#entries[this.#head];
  }

  push(entry: QueuedEvent): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
  }

  shift(): QueuedEvent | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#head++;
    this.#bytes -= entry.bytes;
    // In bulk, so that taking stays constant in cost however long the queue is; and so that what was taken is let go.
    if (this.#head === this.#entries.length || this.#head >= COMPACT_FROM) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

const COMPACT_FROM = 1_024;
