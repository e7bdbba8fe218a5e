/**
 * A ROUTER socket that answers requests: every control socket of the mesh is one.
 *
 * Promises: every request that can be read gets exactly one answer, in its requester's form (a REQ peer sends and gets
 * an empty delimiter and one envelope; a DEALER peer sends and gets frames of one or more). The one that was given up gets
 * INTERRUPTED, or nothing where its requester has gone. Bytes that are no envelope are refused and counted; nothing a peer
 * sends ends the process. It never answers what was not asked.
 */
import type { Router } from 'zeromq';
import { delay, systemClock, within } from '../../core/clock.js';
import { MeshError, toMeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import {
  decodeFrame,
  type Envelope,
  encodeError,
  encodeItems,
  type RefusedEnvelope,
  type RequestEnvelope,
} from '../../protocol/frames/envelope.js';
import { interrupted } from '../asking/request-error.js';
import { receiveLoop } from '../receive-loop.js';
import { openRouter } from '../socket-options.js';
import { answerBytes } from './answer-bytes.js';
import { IncomingRequest, type RequestPort } from './incoming-request.js';
import { frameIn, type PeerAddress, peerOf } from './peer-address.js';
import { ReplyQueues } from './reply-queues.js';
import type { RequestServerOptions } from './request-handler.js';
import { RequestWatch } from './request-watch.js';
import { ServerEndpoints } from './server-endpoints.js';

export type { RequestHandler, RequestServerOptions } from './request-handler.js';

export class RequestServer {
  readonly counters = {
    requests: 0,
    replies: 0,
    errors: 0,
    cancels: 0,
    orphaned: 0,
    refusedFrames: 0,
    droppedReplies: 0,
  };
  readonly #router: Router;
  readonly #endpoints: ServerEndpoints;
  readonly #queues: ReplyQueues;
  readonly #watch: RequestWatch;
  readonly #port: RequestPort;
  #inFlightCount = 0;
  #loop: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: RequestServerOptions) {
    this.#router = openRouter(options.frameBytesMax);
    this.#endpoints = new ServerEndpoints(this.#router, options);
    this.#queues = new ReplyQueues(this.#router, {
      onGone: (key) => this.#watch.onPeerGone(key),
      onDropped: (count) => {
        this.counters.droppedReplies += count;
      },
      onEmpty: () => this.#noteIdle(),
    });
    this.#watch = new RequestWatch(this.#router, {
      onAbandoned: (request, reason) => this.#onAbandoned(request, reason),
      onDoubt: (request) => this.#sendSign(request),
    });
    this.#port = this.#createPort();
  }

  /** Where it listens, with the real port. */
  get endpoint(): string {
    return this.#endpoints.tcp;
  }

  /** Where it listens for those on its machine; empty when it does not. */
  get ipc(): string {
    return this.#endpoints.ipc;
  }

  /** Requests whose handlers want to know whether somebody still waits. */
  get watchedCount(): number {
    return this.#watch.size;
  }

  /** Resolves when requests are served. @throws MeshError PORT_IN_USE, START_FAILED */
  async open(): Promise<void> {
    try {
      await this.#endpoints.open();
    } catch (error) {
      this.#router.close();
      throw error;
    }
    this.#loop = receiveLoop(this.#router, (parts) => this.#onMessage(parts));
  }

  /**
   * Ends streams, answers what else is in hand within `limits.closeTimeoutMs` and refuses what still comes, then gives the
   * port back. Who watches a request that takes longer is told. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#router.closed) return;
    const reason = this.#closedError();
    this.#watch.abandonAll(reason, 'streams');
    if (this.#inFlightCount > 0 || !this.#queues.empty) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      await within(idle, limits.closeTimeoutMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
    }
    this.#watch.abandonAll(reason, 'all');
    if (!this.#queues.empty) await delay(PARTING_MS);
    this.#watch.close();
    this.#queues.close();
    // A DEALER forgets what it has received but not read when its connection ends: the last answers get a moment.
    await delay(Math.max(0, this.#queues.lastSentMs + PARTING_MS - systemClock.monotonicMs()));
    await this.#endpoints.close();
    this.#router.close();
    await this.#loop;
  }

  #onMessage(parts: Buffer[]): void {
    const peer = peerOf(parts);
    if (peer === undefined) return;
    let frame: Buffer;
    let envelopes: (Envelope | RefusedEnvelope)[];
    try {
      frame = frameIn(parts, peer);
      envelopes = decodeFrame(frame);
    } catch (error) {
      return this.#refuse(peer, toMeshError(error));
    }
    if (peer.plain && envelopes.length !== 1) {
      return this.#refuse(
        peer,
        new MeshError('BAD_FRAME', `a REQ socket sends one envelope at a time; this frame has ${envelopes.length}`),
      );
    }
    const nowMs = systemClock.monotonicMs();
    for (const envelope of envelopes) {
      if (envelope.kind === 'request') this.#onRequest(peer, envelope, nowMs);
      else this.#onOther(peer, envelope, frame.length);
    }
  }

  #onRequest(peer: PeerAddress, envelope: RequestEnvelope, nowMs: number): void {
    this.counters.requests++;
    if (this.#closing !== undefined) return this.#sendError(peer, envelope.id, this.#closedError());
    if (this.#inFlightCount >= limits.pendingRequestsMax) {
      const what = `${this.options.purpose} has ${this.#inFlightCount} requests in hand`;
      return this.#sendError(peer, envelope.id, new MeshError('QUEUE_FULL', what));
    }
    // A cancel of an earlier request with this id does not mean this one.
    this.#watch.takeCancel(peer.key, envelope.id);
    const request = new IncomingRequest(peer, envelope, this.#port, nowMs);
    let result: unknown;
    try {
      result = this.#handle(request);
    } catch (error) {
      return this.#fail(request, error);
    }
    if (!(result instanceof Promise)) return this.#reply(request, result);
    this.#inFlightCount++;
    result.then(
      (body) => {
        this.#inFlightCount--;
        this.#reply(request, body);
      },
      (error) => {
        this.#inFlightCount--;
        this.#fail(request, error);
      },
    );
  }

  #handle(request: IncomingRequest): unknown {
    if (request.meta.credit !== undefined) {
      if (request.peer.plain) throw new MeshError('BAD_FRAME', 'a REQ socket gets one answer, and no stream');
      // What the requester lets come, says and gives up is told to it from now on.
      request.watch();
    }
    return this.options.handle(request);
  }

  #onOther(
    peer: PeerAddress,
    envelope: Exclude<Envelope, RequestEnvelope> | RefusedEnvelope,
    frameBytes: number,
  ): void {
    if (envelope.kind === 'refused') return this.#refuse(peer, envelope.error, envelope.id);
    const isAboutRequest = envelope.kind === 'cancel' || envelope.kind === 'credit' || envelope.kind === 'say';
    if (!isAboutRequest || peer.plain) {
      const error = isAboutRequest
        ? `a REQ socket sends requests, and no envelope of kind ${envelope.kind}`
        : `this socket takes requests, not an envelope of kind ${envelope.kind}`;
      return this.#refuse(peer, new MeshError('BAD_FRAME', error), isAboutRequest ? envelope.id : 0);
    }
    if (envelope.kind === 'cancel') {
      this.counters.cancels++;
      return this.#watch.onCancel(peer.key, envelope.id);
    }
    // What comes for a stream that has just ended is late, and no fault.
    const request = this.#watch.find(peer.key, envelope.id);
    if (envelope.kind === 'credit') return request?.stream?.onCredit(envelope.count);
    if (request?.stream === undefined || request.stream.onSay(envelope.body, frameBytes)) return;
    this.#watch.abandon(request, new MeshError('BAD_FRAME', `more was said to ${request.method} than it had room for`));
  }

  #reply(request: IncomingRequest, body: unknown): void {
    if (this.#settle(request)) return;
    let bytes: Buffer;
    try {
      bytes = answerBytes(request, body, this.options.frameBytesMax);
    } catch (thrown) {
      const error = toMeshError(thrown);
      if (error.code !== 'TOO_LARGE') this.options.onBug(thrown, request.method);
      return this.#sendError(request.peer, request.id, error);
    }
    this.counters.replies++;
    this.#queues.put(request.peer, bytes);
  }

  #fail(request: IncomingRequest, thrown: unknown): void {
    if (!(thrown instanceof MeshError)) this.options.onBug(thrown, request.method);
    if (this.#settle(request)) return;
    this.#sendError(request.peer, request.id, toMeshError(thrown));
  }

  /** True when its requester has heard of its end already, or hears of it now: it was given up before anybody looked. */
  #settle(request: IncomingRequest): boolean {
    if (request.settled) return true;
    request.settled = true;
    if (request.watched) {
      this.#watch.forget(request);
      request.finish();
      return false;
    }
    if (!this.#watch.takeCancel(request.peer.key, request.id)) return false;
    this.#sendError(request.peer, request.id, interrupted(request.method));
    return true;
  }

  #onAbandoned(request: IncomingRequest, reason: MeshError): void {
    if (request.settled) return;
    request.settled = true;
    request.abandon(reason);
    if (reason.code === 'CONNECTION_LOST') this.counters.orphaned++;
    else this.#sendError(request.peer, request.id, reason);
  }

  /** An envelope that says nothing: where nobody is, the socket refuses it. */
  #sendSign({ peer, id, stream }: IncomingRequest): void {
    if (stream !== undefined) stream.sendSign();
    else if (!peer.plain) this.#queues.put(peer, encodeItems(id, 1, []));
  }

  /** For bytes whose sender may not even wait for an answer; id 0 says that none could be read. */
  #refuse(peer: PeerAddress, error: MeshError, id = 0): void {
    this.counters.refusedFrames++;
    this.#sendError(peer, id, error);
  }

  #sendError(peer: PeerAddress, id: number, error: MeshError): void {
    this.counters.errors++;
    this.#queues.put(peer, encodeError(id, error.toBody(), this.options.frameBytesMax));
  }

  #createPort(): RequestPort {
    const watch = this.#watch;
    const queues = this.#queues;
    return {
      frameBytesMax: this.options.frameBytesMax,
      get disconnectCount() {
        return watch.disconnectCount;
      },
      watch: (request) => watch.watch(request),
      put: (request, bytes) => {
        if (queues.put(request.peer, bytes)) return;
        watch.abandon(request, new MeshError('QUEUE_FULL', `too much waits for whoever reads ${request.method}`));
      },
      expect: (source) => queues.expect(source),
    };
  }

  #closedError(): MeshError {
    return new MeshError('CLOSED', `${this.options.purpose} is closing`);
  }

  #noteIdle(): void {
    if (this.#inFlightCount === 0 && this.#queues.empty) this.#onIdle?.();
  }
}

/** From the last answer to the end of the connections: a healthy peer reads it in a millisecond. */
const PARTING_MS = 50;
