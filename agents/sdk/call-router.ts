/**
 * Calls from this process to agents: finds an instance, keeps one connection to each control socket it has called, and
 * closes those that were not used for a while. The path is direct: neither node nor broker carries a call.
 */
import type { Clock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { type CallTarget, parseCallTarget } from '../../common/protocol/name.js';
import { RequestClient } from '../../common/wire/request-client.js';
import { chooseInstance } from './choose-instance.js';
import type { CallOptions } from './define-agent.js';
import type { InstanceDirectory } from './instance-directory.js';

interface Connection {
  readonly client: RequestClient;
  usedMs: number;
}

export class CallRouter {
  readonly #connections = new Map<string, Connection>();
  readonly #sweeper: NodeJS.Timeout;
  #turn = 0;

  /** @param self `agent@machine` of the caller. */
  constructor(
    private readonly directory: InstanceDirectory,
    private readonly self: { readonly instance: string; readonly machine: string },
    private readonly clock: Clock,
  ) {
    this.#sweeper = setInterval(() => this.#closeIdle(), IDLE_MS).unref();
  }

  /** @throws NOT_FOUND, UNREACHABLE, TIMED_OUT, CONNECTION_LOST, and whatever the action answers */
  call(text: string, input: unknown, options: CallOptions): Promise<unknown> {
    // Once the directory is filled a call takes no turn of the event loop before it stands in its connection's queue.
    if (!this.directory.filled) return this.directory.fill().then(() => this.call(text, input, options));
    try {
      return this.#send(parseCallTarget(text), input, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #send(target: CallTarget, input: unknown, options: CallOptions): Promise<unknown> {
    const instance = chooseInstance({
      target,
      instances: this.directory.instancesOf(target.agent),
      machine: this.self.machine,
      turn: this.#turn++,
      services: this.directory.services,
    });
    const client = this.#connectionTo(instance.control, instance.instance);
    return client.send(target.action, input, options, { from: this.self.instance });
  }

  close(): void {
    clearInterval(this.#sweeper);
    for (const { client } of this.#connections.values()) client.close();
    this.#connections.clear();
  }

  #connectionTo(endpoint: string, instance: string): RequestClient {
    let connection = this.#connections.get(endpoint);
    if (connection === undefined) {
      const client = new RequestClient({
        endpoint,
        name: this.self.instance,
        peer: instance,
        frameBytesMax: limits.callFrameBytesMax,
      });
      connection = { client, usedMs: 0 };
      this.#connections.set(endpoint, connection);
    }
    connection.usedMs = this.clock.monotonicMs();
    return connection.client;
  }

  #closeIdle(): void {
    const beforeMs = this.clock.monotonicMs() - IDLE_MS;
    for (const [endpoint, { client, usedMs }] of this.#connections) {
      if (usedMs > beforeMs || client.pendingCount > 0) continue;
      client.close();
      this.#connections.delete(endpoint);
    }
  }
}

/** An agent that was restarted has another port: its old connection would try for ever. */
const IDLE_MS = 60_000;
