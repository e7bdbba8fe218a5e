/**
 * A DEALER socket that asks one peer: any number of requests and streams in flight, answers matched by id.
 *
 * Promises: every request settles exactly once, with the peer's answer or with a typed error: TIMED_OUT when it was sent
 * and not answered in time, UNREACHABLE when it never left, CONNECTION_LOST the moment the connection that carried it
 * broke, QUEUE_FULL and CLOSED from this side. The peer hears of each request that was sent and is no longer waited for; an
 * answer that comes all the same is late, not stray. Nothing is repeated here: only the caller knows what may run twice.
 */
import { systemClock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { Input, MethodName, Output } from '../../protocol/catalogue.js';
import {
  decodeFrame,
  type Envelope,
  encodeCancel,
  encodeRequest,
  type RefusedEnvelope,
  type RequestMeta,
} from '../../protocol/frames/envelope.js';
import { RequestStream, type StreamOptions } from '../streams/request-stream.js';
import { DeafWatch } from './deaf-watch.js';
import { DealerLink, type LinkEntry } from './dealer-link.js';
import { LateAnswers } from './late-answers.js';
import { type OutstandingRequest, OutstandingRequests } from './outstanding-requests.js';
import { type Asker, listenTo, PromiseAsker } from './promise-asker.js';
import { closed, connectionLost, interrupted, queueFull, tooLarge } from './request-error.js';
import { type RequestClientOptions, type RequestOptions, timedMeta } from './request-options.js';

export type { StreamOptions } from '../streams/request-stream.js';
export type { Asker } from './promise-asker.js';
export type { RequestClientOptions, RequestOptions } from './request-options.js';

export class RequestClient {
  readonly counters = { requests: 0, timeouts: 0, cancels: 0, strayReplies: 0, refusedFrames: 0, reconnects: 0 };
  readonly #pending: OutstandingRequests;
  readonly #late = new LateAnswers();
  readonly #link: DealerLink<LinkEntry>;
  readonly #deaf: DeafWatch;
  /** Requests that a broken connection carried, whose callee hears of that on the next one. */
  #lostIds: number[] = [];
  #closed = false;
  #sweeper: NodeJS.Timeout | undefined;
  #tickedMs = 0;

  constructor(private readonly options: RequestClientOptions) {
    const { endpoint, name, frameBytesMax } = options;
    this.#pending = new OutstandingRequests(options);
    this.#link = new DealerLink({
      endpoint,
      name,
      frameBytesMax,
      onLink: (up) => this.#onLink(up),
      onMessage: (parts) => this.#onMessage(parts),
    });
    this.#deaf = new DeafWatch({
      ping: (timeoutMs) => this.send('mesh.ping', {}, { timeoutMs }),
      connection: () => (this.#link.up ? this.#link.socket : undefined),
      onDeaf: () => this.#replaceSocket(),
    });
  }

  get up(): boolean {
    return this.#link.up;
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
      const asker = new PromiseAsker(resolve, reject);
      const id = this.#ask(method, body, timedMeta(meta, timeoutMs), timeoutMs, asker, undefined);
      if (signal !== undefined) asker.listen(signal, () => this.cancel(id, interrupted(method)));
    });
  }

  /**
   * The same without a promise: for whoever asks so often that what one costs counts. `asker` is told exactly once.
   * @returns the number of the request, for `cancel`
   * @throws CLOSED, QUEUE_FULL, TOO_LARGE, or what kept it from being encoded: it was not taken, and `asker` hears nothing
   */
  dispatch(
    method: string,
    body: unknown,
    meta: RequestMeta,
    asker: Asker,
    nowMs: number = systemClock.monotonicMs(),
  ): number {
    return this.#ask(method, body, meta, meta.timeoutMs ?? limits.requestTimeoutMs, asker, undefined, nowMs);
  }

  /**
   * Asks for the items that a method yields. A method that yields none answers as to `send`, with no items before.
   * @throws INTERRUPTED, CLOSED, QUEUE_FULL, TOO_LARGE, INVALID_INPUT: it was not taken. What fails later the stream tells.
   */
  openStream(method: string, body: unknown, options: StreamOptions = {}, meta: RequestMeta = {}): RequestStream {
    const { timeoutMs, signal } = options;
    if (signal?.aborted) throw interrupted(method);
    const window = Math.min(Math.max(1, options.window ?? limits.streamWindow), limits.streamCreditMax);
    const stream = new RequestStream(method, window, {
      frameBytesMax: this.options.frameBytesMax,
      put: (bytes) => this.#link.put({ bytes, sent: false, abandoned: false }),
      giveUp: (error) => this.cancel(stream.id, error),
    });
    const timed = timeoutMs === undefined ? { ...meta, credit: window } : { ...meta, credit: window, timeoutMs };
    stream.id = this.#ask(method, body, timed, timeoutMs ?? Number.POSITIVE_INFINITY, stream, stream);
    if (signal !== undefined) {
      const forget = listenTo(signal, () => stream.cancel());
      void stream.result.then(forget, forget);
    }
    return stream;
  }

  /** Nobody waits for the answer any more: its asker is told `error`, and the peer that it may stop. Nothing when it has ended. */
  cancel(id: number, error: MeshError): void {
    const pending = this.#settle(id);
    if (pending === undefined) return;
    if (pending.sent) this.#tellCancel(id);
    pending.asker.onFailure(error, pending.sent);
  }

  /** Fails what is still out, with CLOSED where `reasonOf` knows nothing better, and closes. Idempotent. */
  close(reasonOf: (method: string, sent: boolean) => MeshError = () => closed(this.options)): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const { id, method, sent } of this.#pending.entries()) this.#fail(id, reasonOf(method, sent));
    this.#link.close();
  }

  #ask(
    method: string,
    body: unknown,
    meta: RequestMeta,
    timeoutMs: number,
    asker: Asker,
    stream: RequestStream | undefined,
    seenMs: number = systemClock.monotonicMs(),
  ): number {
    if (this.#closed) throw closed(this.options);
    if (this.#pending.size >= limits.pendingRequestsMax) throw this.#refusal(method);
    const id = this.#pending.nextId();
    const bytes = encodeRequest(id, method, body, meta);
    const { frameBytesMax } = this.options;
    if (bytes.length > frameBytesMax) throw tooLarge(method, bytes.length, frameBytesMax);
    const deadlineMs = seenMs + timeoutMs;
    const pending: OutstandingRequest = {
      id,
      bytes,
      asker,
      method,
      timeoutMs,
      deadlineMs,
      stream,
      seenMs,
      sent: false,
      abandoned: false,
    };
    if (!this.#link.put(pending)) throw this.#refusal(method);
    this.counters.requests++;
    this.#pending.add(pending);
    this.#sweeper ??= setInterval(() => this.#onSweep(), SWEEP_MS);
    return id;
  }

  #onLink(up: boolean): void {
    if (up) for (const id of this.#lostIds.splice(0)) this.#tellCancel(id);
    else this.#failSent();
    this.options.onLink?.(up);
  }

  /** The connection broke: what it carried will not be answered on the next one. */
  #failSent(): void {
    for (const { id, method, sent } of this.#pending.entries()) {
      if (!sent) continue;
      this.#lostIds.push(id);
      this.#fail(id, connectionLost(this.options, method));
    }
  }

  #onMessage(parts: Buffer[]): void {
    const frame = parts.length === 2 && parts[0]?.length === 0 ? parts[1] : parts[0];
    if (frame === undefined || parts.length > 2) {
      this.counters.refusedFrames++;
      return;
    }
    this.#deaf.onAnswer();
    // One look at the clock for all answers of the frame.
    const readMs = systemClock.monotonicMs();
    try {
      for (const envelope of decodeFrame(frame)) {
        if (envelope.kind === 'reply') this.#take(envelope.id)?.asker.onReply(envelope.body, envelope.timings, readMs);
        else this.#onOther(envelope, frame.length);
      }
    } catch {
      this.counters.refusedFrames++;
    }
  }

  #onOther(envelope: Envelope | RefusedEnvelope, frameBytes: number): void {
    if (envelope.kind === 'error')
      return this.#take(envelope.id)?.asker.onFailure(MeshError.fromBody(envelope.error), true, true);
    if (envelope.kind === 'refused' && envelope.id !== undefined)
      return this.#take(envelope.id)?.asker.onFailure(envelope.error, true, true);
    if (envelope.kind !== 'items' && envelope.kind !== 'credit') {
      this.counters.refusedFrames++;
      return;
    }
    const pending = this.#pending.find(envelope.id);
    if (pending?.stream !== undefined) {
      pending.seenMs = systemClock.monotonicMs();
      if (envelope.kind === 'items') pending.stream.onItems(envelope, frameBytes);
      else pending.stream.onCredit(envelope.count);
      return;
    }
    // No items are a sign of life: the callee asks whether this end is still there.
    const isSign = envelope.kind === 'items' && envelope.items.length === 0;
    if (!isSign && !this.#late.has(envelope.id)) this.counters.strayReplies++;
  }

  #take(id: number): OutstandingRequest | undefined {
    const pending = this.#settle(id);
    if (pending === undefined && !this.#late.take(id)) this.counters.strayReplies++;
    return pending;
  }

  #fail(id: number, error: MeshError): void {
    const pending = this.#settle(id);
    pending?.asker.onFailure(error, pending.sent);
  }

  #settle(id: number): OutstandingRequest | undefined {
    const pending = this.#pending.take(id);
    if (pending !== undefined) this.#link.abandon(pending);
    return pending;
  }

  /** Where the queue is full the peer is not told: it works in vain, and its answer is late. */
  #tellCancel(id: number): void {
    this.#late.expect(id);
    this.counters.cancels++;
    this.#link.put({ bytes: encodeCancel(id), sent: false, abandoned: false });
  }

  /** One coarse timer for all requests: a timer for each costs more than the request. */
  #onSweep(): void {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#tickedMs >= limits.streamSignMs) {
      this.#tickedMs = nowMs;
      this.#pending.tick();
    }
    for (const { request, error } of this.#pending.overdue(nowMs)) {
      this.counters.timeouts++;
      if (request.sent) this.#deaf.onTimeout();
      this.cancel(request.id, error);
    }
    this.#deaf.check();
    if (this.#pending.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }

  #replaceSocket(): void {
    if (this.#closed) return;
    this.counters.reconnects++;
    this.#link.replace();
    // The peer knows them under the old id.
    this.#lostIds = [];
  }

  #refusal(method: string): MeshError {
    return queueFull(this.options, method, this.#pending.size);
  }
}

/** Resolution of timeouts. */
const SWEEP_MS = 20;
