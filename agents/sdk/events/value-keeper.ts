/**
 * What a publisher wants kept of its topics, told to the broker of its machine. The broker hears of a value at once, and
 * then at most every `limits.keepIntervalMs`: of a topic that changes faster only the newest is told.
 *
 * The newest value of each topic is held here too: a broker that was started anew knows nothing, and is told all of them
 * when the connection is back, at the latest a second later. What its publishers do not live to tell again is lost.
 */
import { type Clock, delay } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { Input } from '../../../common/protocol/catalogue.js';
import { encode } from '../../../common/protocol/frames/codec.js';
import type { RequestClient } from '../../../common/wire/asking/request-client.js';

interface OwnValue {
  readonly seq: number;
  readonly tsMs: number;
  readonly body: Buffer;
}

export class ValueKeeper {
  readonly counters = { kept: 0, failures: 0 };
  readonly #values = new Map<string, OwnValue>();
  /** Topics that the broker has not confirmed. */
  readonly #untold = new Set<string>();
  readonly #closing = new AbortController();
  #bytes = 0;
  #telling: Promise<void> | undefined;

  /** @param publisher `agent@machine#epoch` */
  constructor(
    private readonly broker: Pick<RequestClient, 'request'>,
    private readonly publisher: string,
    private readonly clock: Clock,
  ) {}

  /** The body as it can be kept. @throws TOO_LARGE, INVALID_INPUT: before anything was published */
  seal(topic: string, body: unknown): Buffer {
    const bytes = encode(body);
    if (bytes.length > limits.keptValueBytesMax) {
      throw tooLarge(
        `a value of ${bytes.length} bytes on ${topic} cannot be kept: the limit is ${limits.keptValueBytesMax}`,
      );
    }
    const known = this.#values.get(topic);
    const bytesAfter = this.#bytes + bytes.length - (known?.body.length ?? 0);
    if (bytesAfter > limits.keptBytesMax || (known === undefined && this.#values.size >= limits.keptTopicsMax)) {
      throw tooLarge(
        `${this.publisher} has ${this.#values.size} values kept already; the one on ${topic} is one too many`,
      );
    }
    return bytes;
  }

  /** It was published with that number. */
  keep(topic: string, seq: number, body: Buffer): void {
    this.#bytes += body.length - (this.#values.get(topic)?.body.length ?? 0);
    this.#values.set(topic, { seq, tsMs: this.clock.wallMs(), body });
    this.#untold.add(topic);
    this.counters.kept++;
    this.#tellSoon();
  }

  /** The broker is another one, perhaps. */
  onLinkUp(): void {
    for (const topic of this.#values.keys()) this.#untold.add(topic);
    this.#tellSoon();
  }

  /** Tells what is untold, within `limits.closeTimeoutMs`. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#telling;
    if (this.#untold.size > 0) await this.#tell(limits.closeTimeoutMs).catch(() => undefined);
  }

  #tellSoon(): void {
    if (this.#untold.size === 0 || this.#closing.signal.aborted) return;
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
      this.#tellSoon();
    });
  }

  async #tellAll(): Promise<void> {
    // What one turn publishes is told together.
    await Promise.resolve();
    const { signal } = this.#closing;
    while (this.#untold.size > 0 && !signal.aborted) {
      const pauseMs = await this.#tell(limits.requestTimeoutMs).then(
        () => limits.keepIntervalMs,
        () => limits.heartbeatIntervalMs,
      );
      await delay(pauseMs, signal).catch(() => undefined);
    }
  }

  /** One request: what is untold, as far as it fits. @throws what kept the broker from having it */
  async #tell(timeoutMs: number): Promise<void> {
    const topics: string[] = [];
    const values: Input<'events.keep'>['values'] = [];
    let bytes = 0;
    for (const topic of this.#untold) {
      const value = this.#values.get(topic);
      if (value === undefined) continue;
      bytes += value.body.length;
      if (values.length >= limits.recordBatchMax || (values.length > 0 && bytes > limits.controlFrameBytesMax / 2))
        break;
      topics.push(topic);
      values.push([topic, value.seq, value.tsMs, value.body]);
    }
    for (const topic of topics) this.#untold.delete(topic);
    try {
      await this.broker.request('events.keep', { publisher: this.publisher, values }, { timeoutMs });
    } catch (error) {
      this.counters.failures++;
      // A broker that does not know how, or takes none of it, will not learn it: it is told again when it is another one.
      if (retries(error)) for (const topic of topics) this.#untold.add(topic);
      throw error;
    }
  }
}

const retries = (error: unknown): boolean => {
  const { code } = toMeshError(error);
  return code !== 'UNKNOWN_METHOD' && code !== 'INVALID_INPUT';
};

const tooLarge = (message: string): MeshError =>
  new MeshError('TOO_LARGE', message, {
    hint: 'keep a small state per topic, and publish what is large without keepLast',
  });
