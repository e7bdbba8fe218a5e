/**
 * A ROUTER socket that answers requests: every control socket of the mesh is one.
 *
 * Promises: every request that can be read gets exactly one answer, in its requester's form (a REQ peer sends and gets
 * an empty delimiter and one envelope; a DEALER peer sends and gets frames of one or more). Bytes that are no envelope
 * are refused and counted; nothing a peer sends ends the process. It never answers what was not asked.
 */
import type { Router } from 'zeromq';
import { delay, systemClock, within } from '../core/clock.js';
import { MeshError, systemCodeOf, toMeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import {
  decodeFrame,
  type Envelope,
  encodeError,
  encodeReply,
  type RefusedEnvelope,
  type RequestEnvelope,
} from '../protocol/envelope.js';
import { bindEndpoint, unbindEndpoint } from './endpoint.js';
import { EARLY_REPLIES_BYTES, FrameQueue, frameOf, type QueuedEnvelope } from './frame-queue.js';
import { receiveLoop } from './receive-loop.js';
import { openRouter } from './socket-options.js';

/** Answers one request; what it throws becomes an error envelope. */
export type RequestHandler = (request: RequestEnvelope) => unknown;

export interface RequestServerOptions {
  /** `tcp://host:port`; port 0 lets the system choose. */
  readonly endpoint: string;
  /** What listens here, for error texts: "the node of pc2". */
  readonly purpose: string;
  readonly frameBytesMax: number;
  readonly handle: RequestHandler;
  /** A handler threw something that is no MeshError: a bug, told in full here and blandly to the peer. */
  readonly onBug: (error: unknown, method: string) => void;
}

interface PeerAddress {
  readonly id: Buffer;
  /** Speaks with an empty delimiter, one envelope a frame. */
  readonly plain: boolean;
  /** Who writes in both forms reads two kinds of answers, and counts as two peers. */
  readonly key: string;
}

interface Peer extends PeerAddress {
  readonly queue: FrameQueue<QueuedEnvelope>;
}

export class RequestServer {
  readonly counters = { requests: 0, replies: 0, errors: 0, refusedFrames: 0, droppedReplies: 0 };
  readonly #router: Router;
  /** Peers with something to be sent; a peer that has nothing is not remembered. */
  readonly #peers = new Map<string, Peer>();
  #endpoint = '';
  #inFlightCount = 0;
  #flushing = false;
  #flushScheduled = false;
  #loop: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RequestServerOptions) {
    this.#router = openRouter(options.frameBytesMax);
  }

  /** Where it listens, with the real port. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** Resolves when requests are served. @throws MeshError PORT_IN_USE, START_FAILED */
  async open(): Promise<void> {
    try {
      this.#endpoint = await bindEndpoint(this.#router, this.options.endpoint, this.options.purpose);
    } catch (error) {
      this.#router.close();
      throw error;
    }
    this.#loop = receiveLoop(this.#router, (parts) => this.#onMessage(parts));
  }

  /** Answers what is in hand within `limits.closeTimeoutMs` and refuses what still comes, then gives the port back. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#router.closed) return;
    if (this.#inFlightCount > 0 || this.#peers.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      await within(idle, limits.closeTimeoutMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
    }
    clearTimeout(this.#retry);
    this.#peers.clear();
    // A DEALER forgets what it has received but not read when its connection ends: the last answers get a moment.
    await delay(Math.max(0, this.#lastSentMs + PARTING_MS - systemClock.monotonicMs()));
    if (this.#endpoint !== '') await unbindEndpoint(this.#router, this.#endpoint);
    this.#router.close();
    await this.#loop;
  }

  #onMessage(parts: Buffer[]): void {
    const [id, second, third] = parts;
    // An empty part with something after it is a delimiter, whatever follows: its sender only reads answers that have one.
    const plain = parts.length > 2 && second?.length === 0;
    const frame = plain ? third : second;
    if (id === undefined) return;
    // Views into the received message pin it whole; the id outlives it.
    // The mark is no latin1 character: no id can imitate it.
    const key = `${plain ? '\u2192' : ''}${id.toString('latin1')}`;
    const peer = { id: Buffer.from(id), plain, key };
    if (frame === undefined || parts.length !== (plain ? 3 : 2)) {
      const count = parts.length - (plain ? 2 : 1);
      return this.#refuse(peer, new MeshError('BAD_FRAME', `a request is one part; this one has ${count}`));
    }
    let envelopes: (Envelope | RefusedEnvelope)[];
    try {
      envelopes = decodeFrame(frame);
    } catch (error) {
      return this.#refuse(peer, toMeshError(error));
    }
    if (plain && envelopes.length !== 1) {
      return this.#refuse(
        peer,
        new MeshError('BAD_FRAME', `a REQ socket sends one envelope at a time; this frame has ${envelopes.length}`),
      );
    }
    for (const envelope of envelopes) this.#onEnvelope(peer, envelope);
  }

  #onEnvelope(peer: PeerAddress, envelope: Envelope | RefusedEnvelope): void {
    if (envelope.kind === 'refused') return this.#refuse(peer, envelope.error, envelope.id);
    if (envelope.kind !== 'request') {
      return this.#refuse(
        peer,
        new MeshError('BAD_FRAME', `this socket takes requests, not an envelope of kind ${envelope.kind}`),
      );
    }
    this.counters.requests++;
    if (this.#closing !== undefined) {
      return this.#sendError(peer, envelope.id, new MeshError('CLOSED', `${this.options.purpose} is closing`));
    }
    if (this.#inFlightCount >= limits.pendingRequestsMax) {
      return this.#sendError(
        peer,
        envelope.id,
        new MeshError('QUEUE_FULL', `${this.options.purpose} has ${this.#inFlightCount} requests in hand`),
      );
    }
    let result: unknown;
    try {
      result = this.options.handle(envelope);
    } catch (error) {
      return this.#fail(peer, envelope, error);
    }
    if (!(result instanceof Promise)) return this.#reply(peer, envelope, result);
    this.#inFlightCount++;
    result.then(
      (body) => {
        this.#inFlightCount--;
        this.#reply(peer, envelope, body);
      },
      (error) => {
        this.#inFlightCount--;
        this.#fail(peer, envelope, error);
      },
    );
  }

  #reply(peer: PeerAddress, request: RequestEnvelope, body: unknown): void {
    let bytes: Buffer;
    try {
      bytes = encodeReply(request.id, body ?? {});
      if (bytes.length > this.options.frameBytesMax) {
        throw new MeshError(
          'TOO_LARGE',
          `the answer of ${request.method} is ${bytes.length} bytes; the limit is ${this.options.frameBytesMax}`,
        );
      }
    } catch (error) {
      return this.#onBadReply(peer, request, toMeshError(error));
    }
    this.counters.replies++;
    this.#send(peer, bytes);
  }

  /** The handler's answer cannot travel: its requester hears of that instead. */
  #onBadReply(peer: PeerAddress, request: RequestEnvelope, { code, message }: MeshError): void {
    if (code === 'TOO_LARGE') return this.#sendError(peer, request.id, new MeshError(code, message));
    const error = new MeshError('INVALID_OUTPUT', `the answer of ${request.method} cannot be sent: ${message}`);
    this.options.onBug(error, request.method);
    this.#sendError(peer, request.id, error);
  }

  #fail(peer: PeerAddress, request: RequestEnvelope, thrown: unknown): void {
    if (!(thrown instanceof MeshError)) this.options.onBug(thrown, request.method);
    this.#sendError(peer, request.id, toMeshError(thrown));
  }

  /** For bytes whose sender may not even wait for an answer; id 0 says that none could be read. */
  #refuse(peer: PeerAddress, error: MeshError, id = 0): void {
    this.counters.refusedFrames++;
    this.#sendError(peer, id, error);
  }

  #sendError(peer: PeerAddress, id: number, error: MeshError): void {
    this.counters.errors++;
    this.#send(peer, encodeError(id, error.toBody(), this.options.frameBytesMax));
  }

  #send({ id, plain, key }: PeerAddress, bytes: Buffer): void {
    if (this.#router.closed) return;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      peer = { id, plain, key, queue: new FrameQueue() };
      this.#peers.set(key, peer);
    }
    if (!peer.queue.push({ bytes })) this.counters.droppedReplies++;
    if (peer.queue.bytes >= EARLY_REPLIES_BYTES && this.#retry === undefined) void this.#flush(EARLY_REPLIES_BYTES);
    this.#scheduleFlush();
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
    let blocked = false;
    for (const peer of this.#peers.values()) {
      if (peer.queue.bytes >= bytesMin && !(await this.#drain(peer, bytesMin))) blocked = true;
    }
    this.#flushing = false;
    if (this.#router.closed) return;
    if (blocked) this.#retryLater();
    else if (this.#peers.size > 0) this.#scheduleFlush();
    this.#noteIdle();
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
        await this.#router.send(plain ? [id, DELIMITER, frame] : [id, frame]);
        this.#lastSentMs = systemClock.monotonicMs();
      } catch (error) {
        queue.restore(entries);
        if (systemCodeOf(error) === 'EAGAIN' && !this.#router.closed) return false;
        // EHOSTUNREACH: the peer has gone, and so has whoever waited for these.
        this.counters.droppedReplies += queue.count;
        queue.clear();
      }
    }
    // In the same breath as the last look at the queue: an answer that comes later finds no peer and makes a new one.
    if (queue.empty) this.#peers.delete(peer.key);
    return true;
  }

  #noteIdle(): void {
    if (this.#inFlightCount === 0 && this.#peers.size === 0) this.#onIdle?.();
  }
}

/** From the last answer to the end of the connections: a healthy peer reads it in a millisecond. */
const PARTING_MS = 50;
const DELIMITER = Buffer.alloc(0);
/** A peer whose pipe is full is reading slowly: try again soon, without spinning. */
const RETRY_BLOCKED_MS = 5;
