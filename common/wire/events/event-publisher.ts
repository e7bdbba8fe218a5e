/**
 * A PUB socket to the machine's event proxy. All that is published on a topic within one turn of the event loop leaves
 * as one message. Events are numbered per topic from 1, so that every subscriber can tell what it missed: delivery is at
 * most once, and a publisher never waits for a slow subscriber. Only its own proxy can make it refuse, with QUEUE_FULL.
 */
import type { Publisher } from 'zeromq';
import { type Clock, delay, within } from '../../core/clock.js';
import { MeshError, systemCodeOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { EventsFrame } from '../../protocol/frames/events-frame.js';
import { assertTopic } from '../../protocol/topic.js';
import { openPublisher } from '../socket-options.js';

interface Frame {
  readonly message: [string, Buffer];
  readonly bodyBytes: number;
}

interface Topic {
  lastSeq: number;
  /** The events of this turn; none before the first. */
  frame: EventsFrame | undefined;
  bodyBytes: number;
  /** What its last frame took: the next will be like it. */
  frameBytes: number;
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
  readonly #ticker: NodeJS.Timeout;

  /** @param name `agent@machine#epoch`: whose sequences these are. */
  constructor(
    private readonly name: string,
    endpoint: string,
    private readonly clock: Clock,
  ) {
    this.#publisher = openPublisher();
    this.#publisher.connect(endpoint);
    // libzmq looks at what its threads have to say only when a socket is used: one that is silent for days would hold on to
    // every connection that came and went meanwhile. To ask is enough; nothing is sent.
    this.#ticker = setInterval(() => this.#publisher.closed || this.#publisher.writable, TICK_MS).unref();
  }

  /** @returns the event's number on its topic. @throws INVALID_INPUT, TOO_LARGE, QUEUE_FULL, CLOSED */
  publish(topic: string, body: unknown): number {
    if (this.#closed) throw new MeshError('CLOSED', `${this.name} has ended; the event on ${topic} was not published`);
    const state = this.#topics.get(topic) ?? this.#open(topic);
    let frame = state.frame ?? this.#openFrame(state);
    let bytes = this.#add(frame, topic, body);
    if (bytes > limits.frameTargetBytes && frame.count > 1) {
      // It may hold as many maps and keys as a frame may: so it gets one of its own.
      frame.takeBack(bytes);
      this.#closeFrame(topic, state);
      frame = this.#openFrame(state);
      bytes = this.#add(frame, topic, body);
    }
    // Only now: a frame whose first body was refused would keep the time of that.
    state.frame = frame;
    state.bodyBytes += bytes;
    this.#waitingBytes += bytes;
    state.lastSeq++;
    this.counters.published++;
    if (frame.length >= limits.frameTargetBytes) this.#closeFrame(topic, state);
    else if (frame.count === 1) this.#dirty.add(topic);
    if (!this.#flushScheduled) this.#scheduleFlush();
    return state.lastSeq;
  }

  /** Sends what waits within `limits.closeTimeoutMs`, then closes. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#ticker);
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
    const state: Topic = { lastSeq: 0, frame: undefined, bodyBytes: 0, frameBytes: 0 };
    this.#topics.set(topic, state);
    return state;
  }

  #openFrame({ lastSeq, frameBytes }: Topic): EventsFrame {
    const bytesExpected = Math.min(frameBytes + frameBytes / 8, limits.frameTargetBytes * 1.25) + FRAME_BYTES_FIRST;
    return new EventsFrame(this.name, lastSeq + 1, this.clock.wallMs(), Math.ceil(bytesExpected));
  }

  /** @returns the bytes of the body, which is in the frame and within every bound. */
  #add(frame: EventsFrame, topic: string, body: unknown): number {
    const bytes = frame.add(body);
    if (bytes <= limits.callFrameBytesMax / 2 && this.#waitingBytes + bytes <= limits.peerQueueBytesMax) return bytes;
    frame.takeBack(bytes);
    if (bytes > limits.callFrameBytesMax / 2) {
      throw new MeshError(
        'TOO_LARGE',
        `an event of ${bytes} bytes on ${topic} is over the limit of ${limits.callFrameBytesMax / 2}`,
      );
    }
    this.counters.refused++;
    throw new MeshError(
      'QUEUE_FULL',
      `${this.#waitingBytes} bytes of events wait for the event proxy; the one on ${topic} was refused`,
    );
  }

  #closeFrame(topic: string, state: Topic): void {
    const { frame, bodyBytes } = state;
    if (frame === undefined || frame.count === 0) return;
    const bytes = frame.close();
    this.#frames.push({ message: [topic, bytes], bodyBytes });
    state.frame = undefined;
    state.bodyBytes = 0;
    state.frameBytes = bytes.length;
  }

  #scheduleFlush(): void {
    if (this.#flushing) return;
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
const TICK_MS = 5_000;
/** Room for the head of a frame and a small body. */
const FRAME_BYTES_FIRST = 256;
