/**
 * The answering end of a stream: items go out as there is credit for them, and what the requester says comes in.
 *
 * Promises: items leave in order, all that one turn brings as one envelope; a requester who does not read makes `push` wait
 * and never fills this process. What it says is let come when somebody looks at `inbox`, and only as fast as it is read.
 * Once the stream has ended `push` throws why, and the inbox ends.
 */
import { systemClock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { encodeCredit, encodeItems } from '../../protocol/frames/envelope.js';
import { encodeShared } from '../../protocol/frames/envelope-slab.js';
import type { ReplySource } from '../answering/reply-queues.js';
import { EARLY_REPLIES_BYTES } from '../frame-queue.js';
import { StreamInbox } from './stream-inbox.js';
import { StreamSender } from './stream-sender.js';

/** What the stream needs of the server that it is on. */
export interface AnswerPort {
  readonly frameBytesMax: number;
  put(bytes: Buffer): void;
  /** Ask for `flush` at the end of the turn. */
  expect(source: ReplySource): void;
}

export class AnswerStream implements ReplySource {
  readonly #sender: StreamSender;
  #inbox: StreamInbox | undefined;
  #ready: Buffer[] = [];
  #readyBytes = 0;
  #nextSeq = 1;
  #ended = false;
  #sentMs = systemClock.monotonicMs();
  /** Since when the requester lets nothing come though something waits. */
  #blockedMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly id: number,
    private readonly method: string,
    credit: number,
    private readonly port: AnswerPort,
  ) {
    this.#sender = new StreamSender(credit, (bytes) => this.#onLeave(bytes));
  }

  /**
   * One item. Undefined when more may be pushed at once; else a promise that resolves when it left.
   * @throws INVALID_OUTPUT, TOO_LARGE, QUEUE_FULL when too much is pushed without waiting, or what ended the stream
   */
  push(item: unknown): Promise<void> | undefined {
    const bytes = this.#encoded(item);
    const left = this.#sender.send(bytes);
    if (left !== undefined && this.#blockedMs === Number.POSITIVE_INFINITY) this.#blockedMs = systemClock.monotonicMs();
    return left;
  }

  /** What the requester says while the stream runs. For one reader. */
  get inbox(): AsyncIterable<unknown> {
    if (this.#inbox === undefined) {
      this.#inbox = new StreamInbox({
        window: limits.streamInboxWindow,
        onRoom: (count) => this.port.put(encodeCredit(this.id, count)),
        onReturn: () => undefined,
      });
      if (this.#ended) this.#inbox.end();
      else this.port.put(encodeCredit(this.id, limits.streamInboxWindow));
    }
    return this.#inbox;
  }

  // --- what the server tells -------------------------------------------------------------------------------------

  flush(): void {
    if (this.#ready.length === 0) return;
    const items = this.#ready;
    const firstSeq = this.#nextSeq;
    this.#ready = [];
    this.#readyBytes = 0;
    this.#nextSeq += items.length;
    this.#sentMs = systemClock.monotonicMs();
    this.port.put(encodeItems(this.id, firstSeq, items));
  }

  onCredit(count: number): void {
    this.#sender.grant(count);
    this.#blockedMs = this.#sender.blocked ? systemClock.monotonicMs() : Number.POSITIVE_INFINITY;
  }

  /** False when there was no room for it: its sender does not keep to the protocol. */
  onSay(body: unknown, frameBytes: number): boolean {
    return this.#inbox?.add([body], frameBytes) ?? false;
  }

  /** Nothing goes out any more; what was pushed before still does. */
  end(error: MeshError): void {
    this.#ended = true;
    this.#sender.end(error);
    this.#inbox?.end();
  }

  /** Shows the requester that this end is there, when it has had nothing for a while. */
  showSign(nowMs: number): void {
    if (nowMs - this.#sentMs >= limits.streamSignMs) this.sendSign();
  }

  sendSign(): void {
    this.#sentMs = systemClock.monotonicMs();
    this.port.put(encodeItems(this.id, this.#nextSeq, []));
  }

  /** Its reader forgot it. */
  isIdle(nowMs: number): boolean {
    return nowMs - this.#blockedMs >= limits.streamIdleMs;
  }

  #encoded(item: unknown): Buffer {
    let bytes: Buffer;
    try {
      bytes = encodeShared(item);
    } catch (error) {
      if (!(error instanceof MeshError)) throw error;
      throw new MeshError('INVALID_OUTPUT', `an item of ${this.method} cannot be sent: ${error.message}`);
    }
    const bytesMax = this.port.frameBytesMax - ITEMS_HEADER_BYTES;
    if (bytes.length <= bytesMax) return bytes;
    throw new MeshError('TOO_LARGE', `an item of ${this.method} is ${bytes.length} bytes; the limit is ${bytesMax}`);
  }

  #onLeave(bytes: Buffer): void {
    if (this.#readyBytes + bytes.length > limits.frameTargetBytes) this.flush();
    if (this.#ready.length === 0) this.port.expect(this);
    this.#ready.push(bytes);
    this.#readyBytes += bytes.length;
    if (this.#readyBytes >= EARLY_REPLIES_BYTES) this.flush();
  }
}

/** More than the elements before the items take. */
const ITEMS_HEADER_BYTES = 64;
