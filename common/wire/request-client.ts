/**
 * A DEALER socket that asks one peer: any number of requests in flight, answers matched by id.
 *
 * Promises: every request settles exactly once, with the peer's answer or with a typed error: TIMED_OUT when it was sent
 * and not answered in time, UNREACHABLE when it never left, CONNECTION_LOST the moment the connection that carried it
 * broke, QUEUE_FULL and CLOSED from this side. Nothing is repeated here: only the caller knows what may run twice.
 */
import { setMaxListeners } from 'node:events';
import type { Dealer } from 'zeromq';
import { systemClock } from '../core/clock.js';
import { MeshError } from '../core/errors.js';
import { incarnationId } from '../core/incarnation-id.js';
import { limits } from '../core/limits.js';
import type { Input, MethodName, Output } from '../protocol/catalogue.js';
import { decodeFrame, encodeRequest, type RequestMeta } from '../protocol/envelope.js';
import { EARLY_REQUESTS_BYTES, FrameQueue, frameOf, type QueuedEnvelope } from './frame-queue.js';
import { PendingTable } from './pending-table.js';
import { receiveLoop } from './receive-loop.js';
import { closed, connectionLost, interrupted, queueFull, timedOut, tooLarge, unreachable } from './request-error.js';
import { openDealer } from './socket-options.js';

export interface RequestClientOptions {
  readonly endpoint: string;
  /** Who asks, as the peer's logs show it; a random incarnation is appended. */
  readonly name: string;
  /** Whom it asks, for error texts: "the registry on main". */
  readonly peer: string;
  readonly frameBytesMax: number;
  /** The connection came up or went down. Called from the socket's monitor; must not throw. */
  readonly onLink?: (up: boolean) => void;
}

export interface RequestOptions {
  /** Default `limits.requestTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Who waits for an answer: is told one of the two, once, and throws in neither. */
export interface Asker {
  onReply(body: unknown): void;
  /** @param sent it left, and the peer may have run it. */
  onFailure(error: MeshError, sent: boolean): void;
}

interface Pending extends QueuedEnvelope {
  readonly id: number;
  readonly asker: Asker;
  readonly method: string;
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  /** Handed to the socket: from then on the peer may have run it. Until then it waits in the queue. */
  sent: boolean;
  abandoned: boolean;
}

export class RequestClient {
  readonly counters = { requests: 0, timeouts: 0, strayReplies: 0, refusedFrames: 0, reconnects: 0 };
  readonly #pending = new PendingTable<Pending>();
  readonly #queue = new FrameQueue<Pending>();
  #dealer: Dealer;
  #up = false;
  #closed = false;
  #flushing = false;
  #flushScheduled = false;
  /** The socket took nothing just now: a timer tries again. */
  #blocked = false;
  #sweeper: NodeJS.Timeout | undefined;
  /** Requests that timed out since the last answer: a connection that only swallows is replaced. */
  #silentTimeouts = 0;
  #probing = false;

  constructor(private readonly options: RequestClientOptions) {
    this.#dealer = this.#connect();
  }

  get up(): boolean {
    return this.#up;
  }

  get endpoint(): string {
    return this.options.endpoint;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Asks for a method of the catalogue. @throws MeshError, see above, or whatever the peer answered */
  request<M extends MethodName>(method: M, body: Input<M>, options: RequestOptions = {}): Promise<Output<M>> {
    return this.send(method, body, options) as Promise<Output<M>>;
  }

  /** Asks for any method: an agent's own action, whose schemas only the two ends know. */
  send(method: string, body: unknown, options: RequestOptions = {}, meta: RequestMeta = {}): Promise<unknown> {
    const { timeoutMs = limits.requestTimeoutMs, signal } = options;
    if (signal?.aborted) return Promise.reject(interrupted(method));
    return new Promise((resolve, reject) => {
      const asker = new PromiseAsker(resolve, reject, signal);
      const id = this.dispatch(method, body, { ...meta, timeoutMs }, asker);
      if (signal !== undefined) asker.listen(signal, () => this.cancel(id, interrupted(method)));
    });
  }

  /**
   * The same without a promise: for whoever asks so often that what one costs counts. `asker` is told exactly once.
   * @returns the number of the request, for `cancel`
   * @throws CLOSED, QUEUE_FULL, TOO_LARGE, or what kept it from being encoded: it was not taken, and `asker` hears nothing
   */
  dispatch(method: string, body: unknown, meta: RequestMeta, asker: Asker): number {
    const { timeoutMs = limits.requestTimeoutMs } = meta;
    if (this.#closed) throw closed(this.options);
    if (this.#pending.size >= limits.pendingRequestsMax) throw this.#refusal(method);
    const id = this.#pending.nextId();
    const bytes = encodeRequest(id, method, body, meta);
    const { frameBytesMax } = this.options;
    if (bytes.length > frameBytesMax) throw tooLarge(method, bytes.length, frameBytesMax);
    const deadlineMs = systemClock.monotonicMs() + timeoutMs;
    const pending: Pending = { id, bytes, asker, method, timeoutMs, deadlineMs, sent: false, abandoned: false };
    if (!this.#queue.push(pending)) throw this.#refusal(method);
    this.counters.requests++;
    this.#pending.add(pending);
    this.#scheduleFlush();
    this.#sweeper ??= setInterval(() => this.#onSweep(), SWEEP_MS);
    return id;
  }

  /** Nobody waits for the answer any more: its asker is told `error`. Nothing when it has ended. */
  cancel(id: number, error: MeshError): void {
    const pending = this.#settle(id);
    pending?.asker.onFailure(error, pending.sent);
  }

  /** Fails what is still out, with CLOSED where `reasonOf` knows nothing better, and closes. Idempotent. */
  close(reasonOf: (method: string, sent: boolean) => MeshError = () => closed(this.options)): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const { id, method, sent } of this.#pending.entries()) this.cancel(id, reasonOf(method, sent));
    this.#queue.clear();
    this.#dealer.close();
  }

  #connect(): Dealer {
    const dealer = openDealer(`${this.options.name}#${incarnationId(8)}`, this.options.frameBytesMax);
    dealer.events.on('handshake', () => this.#onLink(dealer, true));
    dealer.events.on('disconnect', () => this.#onLink(dealer, false));
    dealer.connect(this.options.endpoint);
    void receiveLoop(dealer, (parts) => this.#onMessage(parts));
    return dealer;
  }

  #onLink(dealer: Dealer, up: boolean): void {
    if (this.#closed || dealer !== this.#dealer || up === this.#up) return;
    this.#up = up;
    if (up) this.#scheduleFlush();
    else this.#failSent();
    this.options.onLink?.(up);
  }

  /** The connection broke: what it carried will not be answered on the next one. */
  #failSent(): void {
    for (const pending of this.#pending.entries()) {
      if (!pending.sent) continue;
      this.cancel(pending.id, connectionLost(this.options, pending.method));
    }
  }

  #onMessage(parts: Buffer[]): void {
    const frame = parts.length === 2 && parts[0]?.length === 0 ? parts[1] : parts[0];
    if (frame === undefined || parts.length > 2) {
      this.counters.refusedFrames++;
      return;
    }
    this.#silentTimeouts = 0;
    try {
      for (const envelope of decodeFrame(frame)) {
        if (envelope.kind === 'reply') this.#take(envelope.id)?.asker.onReply(envelope.body);
        else if (envelope.kind === 'error')
          this.#take(envelope.id)?.asker.onFailure(MeshError.fromBody(envelope.error), true);
        else if (envelope.kind === 'refused' && envelope.id !== undefined)
          this.#take(envelope.id)?.asker.onFailure(envelope.error, true);
        else this.counters.refusedFrames++;
      }
    } catch {
      this.counters.refusedFrames++;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#settle(id);
    if (pending === undefined) this.counters.strayReplies++;
    return pending;
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.take(id);
    if (pending === undefined) return undefined;
    if (pending.sent) pending.abandoned = true;
    else this.#queue.abandon(pending);
    return pending;
  }

  /** One coarse timer for all requests: a timer for each costs more than the request. */
  #onSweep(): void {
    const nowMs = systemClock.monotonicMs();
    for (const pending of this.#pending.entries()) {
      if (pending.deadlineMs > nowMs) continue;
      this.counters.timeouts++;
      if (pending.sent) this.#silentTimeouts++;
      const { id, method, timeoutMs, sent } = pending;
      this.cancel(id, sent ? timedOut(this.options, method, timeoutMs) : unreachable(this.options, timeoutMs));
    }
    if (this.#silentTimeouts >= SILENT_TIMEOUTS_MAX) this.#probe();
    if (this.#pending.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }

  /**
   * Slow methods or a deaf connection? Every server answers a ping at once, if only with a refusal: a peer that still
   * does keeps its connection, and with it whatever else is out on it.
   */
  #probe(): void {
    if (this.#probing || !this.#up) return;
    this.#probing = true;
    const dealer = this.#dealer;
    void this.send('mesh.ping', {}, { timeoutMs: PROBE_MS })
      .catch((error: unknown) => {
        const deaf =
          error instanceof MeshError && error.code === 'TIMED_OUT' && this.#silentTimeouts >= SILENT_TIMEOUTS_MAX;
        if (deaf && dealer === this.#dealer && !this.#closed) this.#replaceSocket();
      })
      .finally(() => {
        this.#probing = false;
      });
  }

  /** A connection that is up and never answers may be one the peer no longer knows: a new one, under a new id, is. */
  #replaceSocket(): void {
    this.#silentTimeouts = 0;
    this.counters.reconnects++;
    const old = this.#dealer;
    this.#up = false;
    this.#failSent();
    this.#dealer = this.#connect();
    old.close();
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
    for (const pending of entries) pending.sent = true;
    try {
      await this.#dealer.send(frameOf(entries));
    } catch {
      if (this.#closed) return;
      for (const pending of entries) pending.sent = false;
      this.#queue.restore(entries);
      // The pipe is full, has just gone, or its socket was replaced: tried again in a moment.
      this.#blocked = true;
      setTimeout(() => {
        this.#blocked = false;
        this.#scheduleFlush();
      }, RETRY_BLOCKED_MS);
    }
  }

  #refusal(method: string): MeshError {
    return queueFull(this.options, method, this.#pending.size);
  }
}

/** The promise of one request. */
class PromiseAsker implements Asker {
  #onAbort: (() => void) | undefined;

  constructor(
    private readonly resolve: (body: unknown) => void,
    private readonly reject: (error: MeshError) => void,
    private readonly signal: AbortSignal | undefined,
  ) {}

  onReply(body: unknown): void {
    this.#end();
    this.resolve(body);
  }

  onFailure(error: MeshError): void {
    this.#end();
    this.reject(error);
  }

  listen(signal: AbortSignal, onAbort: () => void): void {
    this.#onAbort = onAbort;
    // One signal may hold any number of requests; Node would call more than ten a leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort);
  }

  /** A signal may outlive thousands of requests: none of them stays with it. */
  #end(): void {
    if (this.#onAbort !== undefined) this.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** Resolution of timeouts. */
const SWEEP_MS = 20;
const RETRY_BLOCKED_MS = 5;
const SILENT_TIMEOUTS_MAX = 3;
/** A healthy peer answers a ping in a millisecond, and one whose event loop is blocked deserves some patience. */
const PROBE_MS = 2_000;
