/**
 * The event plane of one machine: publishers connect to XSUB, subscribers to XPUB, and libzmq forwards between them in
 * native code, without a line of JavaScript per message. While it runs it holds one thread of libuv's pool.
 */
import { limits } from '../core/limits.js';
import { bindEndpoint } from './endpoint.js';
import { openProxy } from './socket-options.js';

export class EventProxy {
  readonly #proxy = openProxy(limits.callFrameBytesMax);
  #running: Promise<void> | undefined;
  #publishEndpoint = '';
  #subscribeEndpoint = '';

  constructor(
    private readonly endpoints: { readonly publish: string; readonly subscribe: string },
    private readonly purpose: string,
  ) {}

  /** Where publishers connect. */
  get publishEndpoint(): string {
    return this.#publishEndpoint;
  }

  /** Where subscribers connect. */
  get subscribeEndpoint(): string {
    return this.#subscribeEndpoint;
  }

  /** Resolves when both ends listen. @param onEnd the proxy ended by itself: nothing is forwarded any more. */
  async open(onEnd: (error: unknown) => void): Promise<void> {
    this.#publishEndpoint = await bindEndpoint(
      this.#proxy.frontEnd,
      this.endpoints.publish,
      `${this.purpose} (publish)`,
    );
    this.#subscribeEndpoint = await bindEndpoint(
      this.#proxy.backEnd,
      this.endpoints.subscribe,
      `${this.purpose} (subscribe)`,
    );
    this.#running = this.#proxy.run().catch(onEnd);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#running === undefined) return;
    this.#proxy.terminate();
    await this.#running;
    this.#running = undefined;
  }
}
