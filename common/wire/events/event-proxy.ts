/**
 * The event plane of one machine: publishers connect to XSUB, subscribers to XPUB, and libzmq forwards between them in
 * native code, without a line of JavaScript per message. While it runs it holds one thread of libuv's pool.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { bindEndpoint } from '../endpoint.js';
import { openProxy } from '../socket-options.js';

export class EventProxy {
  readonly #proxy: ReturnType<typeof openProxy>;
  #running: Promise<void> | undefined;
  #closing = false;
  #publishEndpoint = '';
  #subscribeEndpoint = '';

  /** @param highWaterMark frames that wait for one subscriber before those that come then are dropped for it. */
  constructor(
    private readonly endpoints: { readonly publish: string; readonly subscribe: string },
    private readonly purpose: string,
    highWaterMark: number = limits.socketHighWaterMark,
  ) {
    this.#proxy = openProxy(limits.callFrameBytesMax, highWaterMark);
  }

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
    const { frontEnd, backEnd } = this.#proxy;
    try {
      this.#publishEndpoint = await bindEndpoint(frontEnd, this.endpoints.publish, `${this.purpose} (publish)`);
      this.#subscribeEndpoint = await bindEndpoint(backEnd, this.endpoints.subscribe, `${this.purpose} (subscribe)`);
    } catch (error) {
      // The one port that may be held already is given back.
      frontEnd.close();
      backEnd.close();
      throw error;
    }
    this.#running = this.#proxy.run().then(() => {
      if (!this.#closing) onEnd(new MeshError('CLOSED', `${this.purpose} ended by itself`));
    }, onEnd);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#running === undefined) return;
    if (!this.#closing) this.#proxy.terminate();
    this.#closing = true;
    await this.#running;
  }
}
