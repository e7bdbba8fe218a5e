/**
 * The sending half of a stream, the same on both sides: what there is credit for leaves at once and in order, what there is
 * none for waits, and so does whoever brings it. Bounded: one who does not wait is refused with QUEUE_FULL.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { StreamCredit } from './stream-credit.js';

interface Waiting {
  readonly bytes: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: MeshError) => void;
}

export class StreamSender {
  readonly #credit: StreamCredit;
  readonly #waiting: Waiting[] = [];
  #end: MeshError | undefined;

  /** @param put takes what may leave. */
  constructor(
    items: number,
    private readonly put: (bytes: Buffer) => void,
  ) {
    this.#credit = new StreamCredit(items);
  }

  /** Something waits for credit. */
  get blocked(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Undefined when it has left: most do, and cost no promise. Else a promise that resolves when it does.
   * @throws the error of `end`, QUEUE_FULL when too many wait already
   */
  send(bytes: Buffer): Promise<void> | undefined {
    if (this.#end !== undefined) throw this.#end;
    if (this.#waiting.length === 0 && this.#credit.open) {
      this.#leave(bytes);
      return undefined;
    }
    if (this.#waiting.length >= limits.streamWaitingMax) {
      throw new MeshError('QUEUE_FULL', `${this.#waiting.length} values wait for room on this stream already`, {
        hint: 'wait for what sending one of them answers before you send the next',
      });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject });
    });
  }

  grant(count: number): void {
    this.#credit.grant(count);
    while (this.#credit.open) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#leave(next.bytes);
      next.resolve();
    }
  }

  /** Nothing leaves any more; who waits, and who comes, is told `error`. */
  end(error: MeshError): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #leave(bytes: Buffer): void {
    this.#credit.spend(bytes.length);
    this.put(bytes);
  }
}
