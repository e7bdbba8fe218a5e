/**
 * The DEALER socket of a request client, and what waits to leave by it.
 *
 * Promises: entries leave in the order they were put, in as few frames as they fit; nothing leaves while the connection is
 * down, and what waits then leaves on the next one. A connection that broke or was replaced is told as down before the next
 * one is up. It knows frames and their sizes, never what they mean.
 */
import type { Dealer } from 'zeromq';
import { incarnationId } from '../../core/incarnation-id.js';
import { EARLY_REQUESTS_BYTES, FrameQueue, frameOf, type QueuedEnvelope } from '../frame-queue.js';
import { receiveLoop } from '../receive-loop.js';
import { openDealer } from '../socket-options.js';

export interface LinkEntry extends QueuedEnvelope {
  /** Handed to the socket: from then on the peer may have it. Until then it waits in the queue. */
  sent: boolean;
  abandoned: boolean;
}

export interface DealerLinkOptions {
  readonly endpoint: string;
  readonly name: string;
  readonly frameBytesMax: number;
  /** The connection came up, or went down: what had left by it will not be answered. Must not throw. */
  readonly onLink: (up: boolean) => void;
  readonly onMessage: (parts: Buffer[]) => void;
}

export class DealerLink<E extends LinkEntry> {
  readonly #queue = new FrameQueue<E>();
  #dealer: Dealer;
  #up = false;
  #closed = false;
  #flushing = false;
  #flushScheduled = false;
  /** The socket took nothing just now: a timer tries again. */
  #blocked = false;

  constructor(private readonly options: DealerLinkOptions) {
    this.#dealer = this.#connect();
  }

  get up(): boolean {
    return this.#up;
  }

  /** Changes with each socket. */
  get socket(): object {
    return this.#dealer;
  }

  /** False when too much waits already: nothing was taken. */
  put(entry: E): boolean {
    if (!this.#queue.push(entry)) return false;
    this.#scheduleFlush();
    return true;
  }

  /** It is not wanted any more: if it waits it never leaves. */
  abandon(entry: E): void {
    if (entry.sent) entry.abandoned = true;
    else this.#queue.abandon(entry);
  }

  /** A new socket, under a new id: the peer may no longer know this one. */
  replace(): void {
    const old = this.#dealer;
    this.#up = false;
    this.options.onLink(false);
    this.#dealer = this.#connect();
    old.close();
  }

  close(): void {
    this.#closed = true;
    this.#queue.clear();
    this.#dealer.close();
  }

  #connect(): Dealer {
    const { endpoint, name, frameBytesMax, onMessage } = this.options;
    const dealer = openDealer(`${name}#${incarnationId(8)}`, frameBytesMax);
    dealer.events.on('handshake', () => this.#onLink(dealer, true));
    dealer.events.on('disconnect', () => this.#onLink(dealer, false));
    dealer.connect(endpoint);
    void receiveLoop(dealer, onMessage);
    return dealer;
  }

  #onLink(dealer: Dealer, up: boolean): void {
    if (this.#closed || dealer !== this.#dealer || up === this.#up) return;
    this.#up = up;
    this.options.onLink(up);
    if (up) this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushing || this.#blocked) return;
    if (this.#up && this.#queue.bytes >= EARLY_REQUESTS_BYTES) return void this.#flush(EARLY_REQUESTS_BYTES);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      void this.#flush();
    });
  }

  /** Sends frame after frame while at least `bytesMin` wait; what is less waits for the end of the turn. */
  async #flush(bytesMin = 1): Promise<void> {
    if (this.#flushing || this.#blocked || !this.#up) return;
    this.#flushing = true;
    while (this.#up && !this.#closed && !this.#blocked && this.#queue.bytes >= bytesMin) await this.#sendFrame();
    this.#flushing = false;
    if (this.#up && !this.#closed && this.#queue.bytes > 0) this.#scheduleFlush();
  }

  async #sendFrame(): Promise<void> {
    const entries = this.#queue.take();
    // Marked first: an answer or a broken link may come while the send still resolves.
    for (const entry of entries) entry.sent = true;
    try {
      await this.#dealer.send(frameOf(entries));
    } catch {
      if (this.#closed) return;
      for (const entry of entries) entry.sent = false;
      this.#queue.restore(entries);
      // The pipe is full, has just gone, or its socket was replaced: tried again in a moment.
      this.#blocked = true;
      setTimeout(() => {
        this.#blocked = false;
        this.#scheduleFlush();
      }, RETRY_BLOCKED_MS);
    }
  }
}

const RETRY_BLOCKED_MS = 5;
