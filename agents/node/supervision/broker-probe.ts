/**
 * The broker does not attach to its node; it is asked. It is ready when its control socket answers, and busy when it does
 * not answer for as long as an agent may be silent.
 */
import { limits } from '../../../common/core/limits.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';

export class BrokerProbe {
  readonly #client: RequestClient;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly broker: SupervisedProcess,
    private readonly endpoint: string,
    machine: string,
  ) {
    this.#client = new RequestClient({
      endpoint,
      name: `node@${machine}`,
      peer: `the broker of ${machine}`,
      frameBytesMax: limits.controlFrameBytesMax,
    });
  }

  start(): void {
    const ask = async () => {
      await this.#ask();
      if (this.#closed) return;
      const isUp = this.broker.state === 'ready' || this.broker.state === 'busy';
      this.#timer = setTimeout(() => void ask(), isUp ? limits.heartbeatIntervalMs : STARTING_MS);
    };
    void ask();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client.close();
  }

  async #ask(): Promise<void> {
    if (!this.broker.running) return;
    try {
      const { epoch } = await this.#client.request('mesh.ping', {}, { timeoutMs: limits.heartbeatTimeoutMs });
      // The answer of an incarnation that has died meanwhile says nothing of the one that lives.
      if (epoch === this.broker.epoch) await this.#onAnswer();
    } catch {
      // Its silence is what the supervisor counts.
    }
  }

  async #onAnswer(): Promise<void> {
    if (this.broker.state === 'starting') {
      const { version } = await this.#client.request('mesh.info', {});
      this.broker.onAttach({ control: this.endpoint, version, capabilities: [], actions: [] });
      this.broker.onReady();
    }
    const { loopLagMs, rssBytes } = await this.#client.request('mesh.health', {});
    if (this.broker.running) this.broker.onBeat(loopLagMs, rssBytes);
  }
}

/** The start of the whole machine waits for the broker: until it answers it is asked often. */
const STARTING_MS = 25;
