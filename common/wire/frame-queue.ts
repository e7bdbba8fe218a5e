/**
 * Envelopes that wait for one peer, and the frames they leave in. Pure and bounded: `push` refuses at the limit and the
 * caller decides what that means; `take` joins as many whole envelopes as fit the target size, in order. An entry whose
 * sender gives up while it waits gives its room back at once and is never sent: a peer that is away for days does not
 * fill the queue of one that goes on asking.
 */
import { limits } from '../core/limits.js';
import { joined } from '../protocol/frames/envelope-slab.js';

export interface QueuedEnvelope {
  readonly bytes: Buffer;
  /** Its sender no longer wants it to leave: set here, by `abandon`, or by the owner while it is out of the queue. */
  abandoned?: boolean;
}

export class FrameQueue<E extends QueuedEnvelope> {
  #entries: E[] = [];
  #head = 0;
  #bytes = 0;
  #abandonedCount = 0;

  constructor(private readonly bytesMax: number = limits.peerQueueBytesMax) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Entries that wait and are wanted. */
  get count(): number {
    return this.#entries.length - this.#head - this.#abandonedCount;
  }

  get empty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** False when the queue is full: nothing was kept. An empty queue takes one envelope of any size. */
  push(entry: E): boolean {
    if (this.#bytes > 0 && this.#bytes + entry.bytes.length > this.bytesMax) return false;
    this.#entries.push(entry);
    this.#bytes += entry.bytes.length;
    return true;
  }

  /** The entries of the next frame; none when nothing waits. `countMax` 1 serves a REQ peer. */
  take(countMax: number = limits.frameEnvelopesMax): E[] {
    const frame: E[] = [];
    let frameBytes = 0;
    for (let entry = this.#entries[this.#head]; entry !== undefined; entry = this.#entries[this.#head]) {
      if (entry.abandoned) this.#abandonedCount--;
      else {
        if (frame.length >= countMax || (frame.length > 0 && frameBytes + entry.bytes.length > limits.frameTargetBytes))
          break;
        frame.push(entry);
        frameBytes += entry.bytes.length;
      }
      this.#head++;
    }
    this.#bytes -= frameBytes;
    this.#compact();
    return frame;
  }

  /** Puts a frame's entries back at the front: the socket could not take them yet. Those given up meanwhile stay out. */
  restore(frame: readonly E[]): void {
    const wanted = frame.filter((entry) => !entry.abandoned);
    this.#entries.splice(0, this.#head, ...wanted);
    this.#head = 0;
    for (const entry of wanted) this.#bytes += entry.bytes.length;
  }

  /** Gives up an entry that waits here. */
  abandon(entry: E): void {
    if (entry.abandoned) return;
    entry.abandoned = true;
    this.#bytes -= entry.bytes.length;
    this.#abandonedCount++;
    // In bulk once they are half of what waits: giving up costs a constant on average, and holds little memory.
    if (this.#abandonedCount * 2 < this.#entries.length - this.#head) return;
    this.#entries = this.#entries.slice(this.#head).filter((waiting) => !waiting.abandoned);
    this.#head = 0;
    this.#abandonedCount = 0;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#head = 0;
    this.#bytes = 0;
    this.#abandonedCount = 0;
  }

  /** Taken slots are given back in bulk, so that taking stays constant in cost however long the queue is. */
  #compact(): void {
    if (this.#head < COMPACT_FROM && this.#head < this.#entries.length) return;
    if (this.#head * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#head);
    this.#head = 0;
  }
}

const COMPACT_FROM = 1_024;

/**
 * Requests are sent once this much of them waits, without waiting for the end of the turn: the peer works on them while
 * the rest of the turn is made. Smaller frames cost more wake-ups than the head start is worth, larger ones let both ends
 * take turns instead of working at once (measured with the row `calls` of the bench).
 */
export const EARLY_REQUESTS_BYTES = 12 * 1_024;
/** Earlier, because whoever asked may have nothing else to do. */
export const EARLY_REPLIES_BYTES = 6 * 1_024;

/** The bytes of a frame: its envelopes back to back. */
export const frameOf = (entries: readonly QueuedEnvelope[]): Buffer => joined(entries.map((entry) => entry.bytes));
