/**
 * One request in the hands of its server: what was asked, and whether somebody still waits for the answer.
 *
 * What a handler does not look at is not made: the signal, the stream and the knowledge of a cancel cost a request nothing
 * that needs none of them.
 */
import { MeshError } from '../../core/errors.js';
import type { RequestEnvelope } from '../../protocol/frames/envelope.js';
import type { ReplyTimings, RequestMeta } from '../../protocol/request-meta.js';
import { AnswerStream } from '../streams/answer-stream.js';
import type { PeerAddress } from './peer-address.js';
import type { ReplySource } from './reply-queues.js';

/** What a request needs of its server. */
export interface RequestPort {
  readonly frameBytesMax: number;
  /** Connections that ended so far. */
  readonly disconnectCount: number;
  /** Its handler wants to hear when nobody waits any more: `abandon` is called then, possibly at once. */
  watch(request: IncomingRequest): void;
  put(request: IncomingRequest, bytes: Buffer): void;
  expect(source: ReplySource): void;
}

export class IncomingRequest implements RequestEnvelope {
  readonly kind = 'request';
  readonly id: number;
  readonly method: string;
  readonly body: unknown;
  readonly meta: RequestMeta;
  /** Travels beside the reply when it is there by then. */
  timings: ReplyTimings | undefined = undefined;
  /** The server's: it has its answer, or nobody waits for one. */
  settled = false;
  /** The server's: it is told of the end. */
  watched = false;
  readonly disconnectsBefore: number;
  #abandoned: MeshError | undefined = undefined;
  #listeners: ((reason: MeshError) => void)[] | undefined = undefined;
  #finishers: (() => void)[] | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #stream: AnswerStream | undefined = undefined;

  constructor(
    readonly peer: PeerAddress,
    envelope: RequestEnvelope,
    private readonly port: RequestPort,
    /** Monotonic time at which its frame was read. */
    readonly receivedMs: number,
  ) {
    this.id = envelope.id;
    this.method = envelope.method;
    this.body = envelope.body;
    this.meta = envelope.meta;
    this.disconnectsBefore = port.disconnectCount;
  }

  /** Why nobody waits for the answer any more; undefined while somebody does. */
  get abandoned(): MeshError | undefined {
    this.watch();
    return this.#abandoned;
  }

  /** Calls `listener` once when nobody waits any more, at once when that is so already. It must not throw. */
  onAbandoned(listener: (reason: MeshError) => void): void {
    this.watch();
    if (this.#abandoned !== undefined) return listener(this.#abandoned);
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  /** Calls `listener` once when the answer is there, at once when it is. It must not throw. */
  onFinished(listener: () => void): void {
    this.watch();
    if (this.settled) return listener();
    this.#finishers ??= [];
    this.#finishers.push(listener);
  }

  /** Aborts when nobody waits any more: the request was cancelled, its requester has gone, or the server closes. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.watch();
      this.#controller = new AbortController();
      if (this.#abandoned !== undefined) this.#controller.abort(this.#abandoned);
    }
    return this.#controller.signal;
  }

  /** Where items are put; undefined for a request that asks for none. */
  get stream(): AnswerStream | undefined {
    const { credit } = this.meta;
    if (credit === undefined) return undefined;
    this.#stream ??= this.#openStream(credit);
    return this.#stream;
  }

  // --- what the server tells -------------------------------------------------------------------------------------

  /** Nobody waits any more. Its first reason counts. */
  abandon(reason: MeshError): void {
    if (this.#abandoned !== undefined) return;
    this.#abandoned = reason;
    this.#stream?.end(reason);
    this.#controller?.abort(reason);
    for (const listener of this.#listeners ?? []) listener(reason);
    this.#listeners = undefined;
  }

  /** Its answer is there: what was put before goes before it, and nothing after. */
  finish(): void {
    this.#stream?.flush();
    this.#stream?.end(new MeshError('CLOSED', `the answer of ${this.method} has been given`));
    for (const finisher of this.#finishers ?? []) finisher();
    this.#finishers = undefined;
  }

  /** Lets the server tell it of its end. */
  watch(): void {
    if (this.watched || this.settled) return;
    this.watched = true;
    this.port.watch(this);
  }

  #openStream(credit: number): AnswerStream {
    this.watch();
    const { port } = this;
    const stream = new AnswerStream(this.id, this.method, credit, {
      frameBytesMax: port.frameBytesMax,
      put: (bytes) => port.put(this, bytes),
      expect: (source) => port.expect(source),
    });
    if (this.#abandoned !== undefined) stream.end(this.#abandoned);
    return stream;
  }
}
