/**
 * The asking end of a stream: the items that the callee yields, its answer at the end, and what is said to it meanwhile.
 *
 * Promises: items come in order, none missing, and never more unread than the window; what had come before the end is read
 * before the end is seen. It ends exactly once: with the answer, with an error of the callee or of the connection, or by
 * `cancel`, which the callee hears of. A `result` that nobody looks at is no unhandled rejection.
 */
import { MeshError } from '../../core/errors.js';
import { encodeCredit, encodeSay, type ItemsEnvelope } from '../../protocol/frames/envelope.js';
import { interrupted, tooLarge } from '../asking/request-error.js';
import { StreamInbox } from './stream-inbox.js';
import { StreamSender } from './stream-sender.js';

export interface StreamOptions {
  /** How long the whole of it may take. Default: as long as its callee shows signs of life. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Items that may be on their way and unread, up to `limits.streamCreditMax`. Default `limits.streamWindow`. */
  readonly window?: number;
}

/** What a stream needs of the connection that it is on. */
export interface StreamPort {
  readonly frameBytesMax: number;
  /** False when the connection's queue is full. */
  put(bytes: Buffer): boolean;
  /** Ends it on both sides; `onFailure` is told. */
  giveUp(error: MeshError): void;
}

export class RequestStream implements AsyncIterableIterator<unknown, undefined> {
  /** What the callee returned. */
  readonly result: Promise<unknown>;
  /** The number of its request; 0 before it has one. */
  id = 0;
  readonly #inbox: StreamInbox;
  readonly #sender: StreamSender;
  #resolve: (body: unknown) => void = () => undefined;
  #reject: (error: MeshError) => void = () => undefined;
  #nextSeq = 1;

  constructor(
    private readonly method: string,
    window: number,
    private readonly port: StreamPort,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.result.catch(() => undefined);
    this.#inbox = new StreamInbox({
      window,
      onRoom: (count) => this.#put(encodeCredit(this.id, count)),
      onReturn: () => this.cancel(),
    });
    this.#sender = new StreamSender(0, (bytes) => this.#put(bytes));
  }

  get unreadCount(): number {
    return this.#inbox.unreadCount;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#inbox.next();
  }

  /** Leaving the loop cancels. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    return this.#inbox.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Says something to the callee; resolves when it has room for that.
   * @throws INVALID_INPUT, TOO_LARGE, QUEUE_FULL when too much waits already, CLOSED when the stream ends before
   */
  async say(body: unknown): Promise<void> {
    const bytes = encodeSay(this.id, body);
    if (bytes.length > this.port.frameBytesMax) throw tooLarge(this.method, bytes.length, this.port.frameBytesMax);
    await this.#sender.send(bytes);
  }

  /** Ends it: what was not read is dropped, `result` rejects with INTERRUPTED, the callee stops. Idempotent. */
  cancel(error: MeshError = interrupted(this.method)): void {
    void this.#inbox.return();
    this.port.giveUp(error);
  }

  // --- what the connection tells ---------------------------------------------------------------------------------

  onItems({ firstSeq, items }: ItemsEnvelope, frameBytes: number): void {
    // A sign of life: the callee is there and has nothing to tell.
    if (items.length === 0) return;
    if (firstSeq !== this.#nextSeq) return this.#onBreach(`item ${firstSeq} came where ${this.#nextSeq} was next`);
    this.#nextSeq += items.length;
    if (!this.#inbox.add(items, frameBytes)) this.#onBreach('more items came than there was credit for');
  }

  onCredit(count: number): void {
    this.#sender.grant(count);
  }

  onReply(body: unknown): void {
    this.#inbox.end();
    this.#sender.end(ended(this.method));
    this.#resolve(body);
  }

  onFailure(error: MeshError): void {
    this.#inbox.end(error);
    this.#sender.end(ended(this.method));
    this.#reject(error);
  }

  /** Time passes: the callee hears that its reader is still there. */
  onTick(): void {
    this.#inbox.tellRoom();
  }

  #onBreach(what: string): void {
    this.port.giveUp(new MeshError('BAD_FRAME', `the stream of ${this.method} was given up: ${what}`));
  }

  #put(bytes: Buffer): void {
    if (this.port.put(bytes)) return;
    this.port.giveUp(
      new MeshError('QUEUE_FULL', `the stream of ${this.method} was given up: nothing more can be sent`),
    );
  }
}

const ended = (method: string) => new MeshError('CLOSED', `the stream of ${method} has ended`);
