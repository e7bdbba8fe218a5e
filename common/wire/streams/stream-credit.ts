/**
 * What one end of a stream may still send. Pure.
 *
 * The other end counts in items: each that it takes gives credit for one more. This end counts bytes too, of what has left
 * and was not taken yet, and stops at `limits.streamBytesMax` of them, however much credit is left: large items must not
 * fill the other end's memory. A single item may be of any size.
 */
import { limits } from '../../core/limits.js';

export class StreamCredit {
  #items: number;
  /** Of each item that is on its way or unread, the oldest first. */
  readonly #sizes: number[] = [];
  #bytes = 0;

  constructor(items: number) {
    this.#items = items;
  }

  /** One more item may leave. */
  get open(): boolean {
    return this.#items > 0 && this.#bytes < limits.streamBytesMax;
  }

  /** An item leaves. */
  spend(bytes: number): void {
    this.#items--;
    this.#bytes += bytes;
    this.#sizes.push(bytes);
  }

  /** The other end took so many, and lets as many more come. */
  grant(count: number): void {
    this.#items = Math.min(this.#items + count, limits.streamCreditMax);
    for (const size of this.#sizes.splice(0, count)) this.#bytes -= size;
  }
}
