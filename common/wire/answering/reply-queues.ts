/**
 * What a ROUTER socket has to send, one bounded queue for each peer that something waits for.
 *
 * Promises: what is put for a peer leaves in order, in as few frames as it fits, in the peer's form; a peer that does not
 * read keeps nobody else waiting; one that has gone is told to `onGone`, and what waited for it is dropped and counted. A
 * peer that nothing waits for is not remembered.
 */
import type { Router } from 'zeromq';
import { systemClock } from '../../core/clock.js';
import { systemCodeOf } from '../../core/errors.js';
import { EARLY_REPLIES_BYTES, FrameQueue, frameOf, type QueuedEnvelope } from '../frame-queue.js';
import type { PeerAddress } from './peer-address.js';

/** Has more to put, at the end of the turn. */
export interface ReplySource {
  flush(): void;
}

interface Peer extends PeerAddress {
  readonly queue: FrameQueue<QueuedEnvelope>;
}

export interface ReplyEvents {
  /** The peer has gone, and with it whoever waited for an answer. */
  onGone(key: string): void;
  /** So many envelopes were dropped: their peer has gone, or does not read. */
  onDropped(count: number): void;
  /** Nothing waits any more. */
  onEmpty(): void;
}

export class ReplyQueues {
  readonly #peers = new Map<string, Peer>();
  #sources: ReplySource[] = [];
  #flushing = false;
  #flushScheduled = false;
  #retry: NodeJS.Timeout | undefined;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly router: Router,
    private readonly events: ReplyEvents,
  ) {}

  get empty(): boolean {
    return this.#peers.size === 0;
  }

  /** When something last left; -Infinity when nothing did. */
  get lastSentMs(): number {
    return this.#lastSentMs;
  }

  /** False when it was dropped: too much waits for this peer. */
  put({ id, plain, key }: PeerAddress, bytes: Buffer): boolean {
    if (this.router.closed) return false;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = { id, plain, key, queue: new FrameQueue() };
      this.#peers.set(key, peer);
    }
    const taken = peer.queue.push({ bytes });
    if (!taken) this.events.onDropped(1);
    if (peer.queue.bytes >= EARLY_REPLIES_BYTES && this.#retry === undefined) void this.#flush(EARLY_REPLIES_BYTES);
    this.#scheduleFlush();
    return taken;
  }

  /** `source` is asked for what it has when all that this turn answers is there. */
  expect(source: ReplySource): void {
    this.#sources.push(source);
    this.#scheduleFlush();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#peers.clear();
  }

  /** After all that this turn of the event loop answers, so that it leaves in few frames per peer. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#flushing) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      void this.#flush();
    });
  }

  /** Sends what waits for the peers that have at least `bytesMin`; what is less waits for the end of the turn. */
  async #flush(bytesMin = 1): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    if (this.#sources.length > 0) this.#askSources();
    let blocked = false;
    for (const peer of this.#peers.values()) {
      if (peer.queue.bytes >= bytesMin && !(await this.#drain(peer, bytesMin))) blocked = true;
    }
    this.#flushing = false;
    if (this.router.closed) return;
    if (blocked) this.#retryLater();
    else if (this.#peers.size > 0 || this.#sources.length > 0) this.#scheduleFlush();
    if (this.#peers.size === 0) this.events.onEmpty();
  }

  #askSources(): void {
    const sources = this.#sources;
    this.#sources = [];
    for (const source of sources) source.flush();
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#flush();
    }, RETRY_BLOCKED_MS);
  }

  /** Sends what waits for a peer and forgets the peer once nothing does. False when it cannot take more now and stays. */
  async #drain(peer: Peer, bytesMin: number): Promise<boolean> {
    const { id, plain, queue } = peer;
    while (queue.bytes >= bytesMin) {
      const entries = queue.take(plain ? 1 : undefined);
      const frame = frameOf(entries);
      try {
        await this.router.send(plain ? [id, DELIMITER, frame] : [id, frame]);
        this.#lastSentMs = systemClock.monotonicMs();
      } catch (error) {
        queue.restore(entries);
        if (systemCodeOf(error) === 'EAGAIN' && !this.router.closed) return false;
        // EHOSTUNREACH: the peer has gone, and so has whoever waited for these.
        this.events.onDropped(queue.count);
        queue.clear();
        this.events.onGone(peer.key);
      }
    }
    // In the same breath as the last look at the queue: an answer that comes later finds no peer and makes a new one.
    if (queue.empty) this.#peers.delete(peer.key);
    return true;
  }
}

const DELIMITER = Buffer.alloc(0);
/** A peer whose pipe is full is reading slowly: try again soon, without spinning. */
const RETRY_BLOCKED_MS = 5;
