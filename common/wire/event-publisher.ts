/**
 * A PUB socket to the machine's event proxy. All that is published on a topic within one turn of the event loop leaves
 * as one message. Events are numbered per topic from 1, so that every subscriber can tell what it missed: delivery is at
 * most once, and a publisher never waits for a slow subscriber. Only its own proxy can make it refuse, with QUEUE_FULL.
 */
import type { Publisher } from 'zeromq';
import { type Clock, delay, within } from '../core/clock.js';
import { MeshError, systemCodeOf } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { encode } from '../protocol/codec.js';
import { encodeEvents } from '../protocol/envelope.js';
import { assertTopic } from '../protocol/topic.js';
import { openPublisher } from './socket-options.js';

interface Frame {
  readonly message: [string, Buffer];
  readonly bodyBytes: number;
}

interface Topic {
  lastSeq: number;
  /** Encoded bodies of this turn: encoded at once, because the caller may change the object afterwards. */
  bodies: Buffer[];
  bytes: number;
}

export class EventPublisher {
  readonly counters = { published: 0, refused: 0 };
  readonly #publisher: Publisher;
  readonly #topics = new Map<string, Topic>();
  readonly #dirty = new Set<string>();
  readonly #frames: Frame[] = [];
  /** Bodies that were published and not handed over yet. */
  #waitingBytes = 0;
  /** The flush that runs now. */
  #flushing: Promise<void> | undefined;
  #flushScheduled = false;
  #closed = false;

  /** @param name `agent@machine#epoch`: whose sequences these are. */
  constructor(
    private readonly name: string,
    endpoint: string,
    private readonly clock: Clock,
  ) {
    this.#publisher = openPublisher();
    this.#publisher.connect(endpoint);
  }

  /** @returns the event's number on its topic. @throws INVALID_INPUT, TOO_LARGE, QUEUE_FULL, CLOSED */
  publish(topic: string, body: unknown): number {
    if (this.#closed) throw new MeshError('CLOSED', `${this.name} has ended; the event on ${topic} was not published`);
    const state = this.#topics.get(topic) ?? this.#open(topic);
    const bytes = encode(body);
    if (bytes.length > limits.callFrameBytesMax / 2) {
      throw new MeshError(
        'TOO_LARGE',
        `an event of ${bytes.length} bytes on ${topic} is over the limit of ${limits.callFrameBytesMax / 2}`,
      );
    }
    if (this.#waitingBytes + bytes.length > limits.peerQueueBytesMax) {
      this.counters.refused++;
      throw new MeshError(
        'QUEUE_FULL',
        `${this.#waitingBytes} bytes of events wait for the event proxy; the one on ${topic} was refused`,
      );
    }
    if (state.bytes + bytes.length > limits.frameTargetBytes) this.#closeFrame(topic, state);
    state.bodies.push(bytes);
    state.bytes += bytes.length;
    this.#waitingBytes += bytes.length;
    state.lastSeq++;
    this.counters.published++;
    if (state.bodies.length === 1) this.#dirty.add(topic);
    this.#scheduleFlush();
    return state.lastSeq;
  }

  /** Sends what waits within `limits.closeTimeoutMs`, then closes. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await within(this.#flush(), limits.closeTimeoutMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
    if (!this.#publisher.closed) this.#publisher.close();
  }

  #open(topic: string): Topic {
    assertTopic(topic);
    if (this.#topics.size >= limits.publisherTopicsMax) {
      throw new MeshError(
        'TOO_LARGE',
        `${this.name} publishes on ${this.#topics.size} topics already; ${topic} is one too many`,
        {
          hint: 'put what varies without bound into the body, not into the topic',
        },
      );
    }
    const state: Topic = { lastSeq: 0, bodies: [], bytes: 0 };
    this.#topics.set(topic, state);
    return state;
  }

  #closeFrame(topic: string, state: Topic): void {
    if (state.bodies.length === 0) return;
    const frame = encodeEvents(this.name, state.lastSeq - state.bodies.length + 1, this.clock.wallMs(), state.bodies);
    this.#frames.push({ message: [topic, frame], bodyBytes: state.bytes });
    state.bodies = [];
    state.bytes = 0;
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#flushing) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      void this.#flush();
    });
  }

  /** Resolves when a flush has ended: the one that runs, or a new one. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#send().finally(() => {
      this.#flushing = undefined;
      // Published between the last look at the queue and now.
      if (this.#hasWork) this.#scheduleFlush();
    });
    return this.#flushing;
  }

  get #hasWork(): boolean {
    return this.#dirty.size > 0 || this.#frames.length > 0;
  }

  async #send(): Promise<void> {
    while (this.#hasWork) {
      for (const topic of this.#dirty) {
        const state = this.#topics.get(topic);
        if (state !== undefined) this.#closeFrame(topic, state);
      }
      this.#dirty.clear();
      for (const { message, bodyBytes } of this.#frames.splice(0)) {
        await this.#hand(message);
        this.#waitingBytes -= bodyBytes;
      }
    }
  }

  /** A proxy that reads slowly makes this wait, and `publish` refuse at its limit: nothing is dropped on this side. */
  async #hand(message: [string, Buffer]): Promise<void> {
    while (!this.#publisher.closed) {
      try {
        return await this.#publisher.send(message);
      } catch (error) {
        if (this.#publisher.closed) return;
        if (systemCodeOf(error) !== 'EAGAIN') throw error;
        await delay(RETRY_BLOCKED_MS);
      }
    }
  }
}

const RETRY_BLOCKED_MS = 1;
