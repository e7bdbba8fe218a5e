/**
 * The receiving half of a stream, the same on both sides: what has come and was not read yet, as something to iterate over.
 *
 * It lets at most `window` come that is not read, tells `onRoom` how many more may come as it is read, and takes nothing
 * beyond that. What came before the end is read before the end is seen. For one reader.
 */
import type { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';

interface Reader {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: MeshError) => void;
}

export interface StreamInboxOptions {
  /** Items that may be unread. */
  readonly window: number;
  /** So many were read since it was last told: the other end may send as many more. */
  readonly onRoom: (count: number) => void;
  /** Its reader left before the end. */
  readonly onReturn: () => void;
}

const DONE: IteratorResult<unknown, undefined> = { done: true, value: undefined };

export class StreamInbox implements AsyncIterableIterator<unknown, undefined> {
  readonly #items: unknown[] = [];
  readonly #readers: Reader[] = [];
  /** How many may still come. */
  #room: number;
  #readCount = 0;
  /** Of the frames that came since all was read and told: never less than what the other end counts as on its way. */
  #bytes = 0;
  #ended = false;
  #error: MeshError | undefined;

  constructor(private readonly options: StreamInboxOptions) {
    this.#room = options.window;
  }

  get unreadCount(): number {
    return this.#items.length;
  }

  /** False when these are more than were allowed: the other end does not keep to the protocol. After the end they are passed over. */
  add(items: readonly unknown[], frameBytes: number): boolean {
    if (items.length > this.#room) return false;
    if (this.#ended) return true;
    this.#room -= items.length;
    this.#bytes += frameBytes;
    for (const item of items) {
      const reader = this.#readers.shift();
      if (reader === undefined) this.#items.push(item);
      else {
        this.#readCount++;
        reader.resolve({ done: false, value: item });
      }
    }
    this.#noteRead();
    return true;
  }

  /** No more will come; without an error the iteration ends, with one it throws it, once. Idempotent: the first counts. */
  end(error?: MeshError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const reader of this.#readers.splice(0)) this.#tellEnd(reader);
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift();
      this.#readCount++;
      this.#noteRead();
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      if (this.#ended) this.#tellEnd({ resolve, reject });
      else this.#readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#items.length = 0;
    const early = !this.#ended;
    this.end();
    this.#error = undefined;
    if (early) this.options.onReturn();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Tells the other end what was read though it is little: it might take silence for oblivion. */
  tellRoom(): void {
    const count = this.#readCount;
    if (count === 0 || this.#ended) return;
    this.#readCount = 0;
    if (this.#items.length === 0) this.#bytes = 0;
    this.#room += count;
    this.options.onRoom(count);
  }

  /** Told in bulk: at half of the window, or when all is read of so many bytes that the other end may have stopped for them. */
  #noteRead(): void {
    const many = this.#readCount * 2 >= this.options.window;
    const large = this.#items.length === 0 && this.#bytes * 2 >= limits.streamBytesMax;
    if (many || large) this.tellRoom();
  }

  #tellEnd({ resolve, reject }: Reader): void {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) resolve(DONE);
    else reject(error);
  }
}
