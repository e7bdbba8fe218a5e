/**
 * Calls from this process to agents: finds an instance, keeps one connection to each control socket it has called, and
 * closes those that were not used for a while. The path is direct: neither node nor broker carries a call.
 */
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { type CallTarget, checkCallTarget, parseCallTarget } from '../../../common/protocol/name.js';
import { RequestClient } from '../../../common/wire/request-client.js';
import type { CallAddress, CallOptions, CallOrigin, CallStream } from './call.js';
import { chooseInstance } from './choose-instance.js';
import type { InstanceDirectory } from './instance-directory.js';

interface Connection {
  readonly client: RequestClient;
  /** Since the last look for idle ones. */
  used: boolean;
}

export class CallRouter {
  readonly #connections = new Map<string, Connection>();
  /** A caller names the same few targets again and again. */
  readonly #targets = new Map<string, CallTarget>();
  readonly #sweeper: NodeJS.Timeout;
  #turn = 0;

  /** @param self `agent@machine` of the caller. */
  constructor(
    private readonly directory: InstanceDirectory,
    private readonly self: { readonly instance: string; readonly machine: string },
  ) {
    this.#sweeper = setInterval(() => this.#closeIdle(), IDLE_MS).unref();
  }

  /** @throws NOT_FOUND, UNREACHABLE, TIMED_OUT, CONNECTION_LOST, and whatever the action answers */
  call(
    address: string | CallAddress,
    input: unknown,
    options: CallOptions,
    origin: CallOrigin | undefined,
  ): Promise<unknown> {
    // Once the directory is filled a call takes no turn of the event loop before it stands in its connection's queue.
    if (!this.directory.filled) return this.directory.fill().then(() => this.call(address, input, options, origin));
    try {
      const target =
        typeof address === 'string' ? (this.#targets.get(address) ?? this.#parse(address)) : checkCallTarget(address);
      const timeoutMs = options.timeoutMs ?? origin?.remainingMs();
      return this.#send(target, input, timeoutMs === undefined ? options : { ...options, timeoutMs });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  stream(
    _address: string | CallAddress,
    _input: unknown,
    _options: CallOptions,
    _origin: CallOrigin | undefined,
  ): CallStream {
    throw new MeshError('UNKNOWN_METHOD', 'streams cannot be opened yet');
  }

  #send(target: CallTarget, input: unknown, options: CallOptions): Promise<unknown> {
    const instance = chooseInstance({
      target,
      instances: this.directory.instancesOf(target.service ?? ''),
      machine: this.self.machine,
      turn: this.#turn++,
      services: this.directory.services,
    });
    const client = this.#connectionTo(instance.control, instance.instance);
    return client.send(target.action, input, options, { from: this.self.instance });
  }

  #parse(text: string): CallTarget {
    const target = parseCallTarget(text);
    if (this.#targets.size >= TARGETS_MAX) this.#targets.clear();
    this.#targets.set(text, target);
    return target;
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
      connection = { client, used: true };
      this.#connections.set(endpoint, connection);
    }
    connection.used = true;
    return connection.client;
  }

  #closeIdle(): void {
    for (const [endpoint, connection] of this.#connections) {
      const busy = connection.used || connection.client.pendingCount > 0;
      connection.used = false;
      if (busy) continue;
      connection.client.close();
      this.#connections.delete(endpoint);
    }
  }
}

/** An agent that was restarted has another port: its old connection would try for ever. */
const IDLE_MS = 60_000;
/** Far more than a program names; one that makes up names is not remembered for ever. */
const TARGETS_MAX = 1_024;
