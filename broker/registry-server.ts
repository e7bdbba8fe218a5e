/**
 * The registry's socket: nodes vouch for their machines here, anybody asks and watches. The edge of `Registry`: it brings
 * the time, the timer, and the watchers that are to be woken.
 */
import type { Clock } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';
import type { AgentLog } from '../common/log/log.js';
import { Registry } from '../common/registry/registry.js';
import { RegistryMethods } from '../common/registry/registry-methods.js';
import { type MethodHandlers, MethodTable } from '../common/wire/answering/method-table.js';
import { RequestServer } from '../common/wire/answering/request-server.js';
import { named } from './process-methods.js';

export interface RegistryServerOptions {
  readonly endpoint: string;
  readonly epoch: number;
  /** What every control socket answers. */
  readonly processMethods: MethodHandlers;
  readonly clock: Clock;
  readonly log: AgentLog;
}

export class RegistryServer {
  readonly #registry: Registry;
  readonly #methods: RegistryMethods;
  readonly #server: RequestServer;
  readonly #log: AgentLog;
  #ticker: NodeJS.Timeout | undefined;

  constructor({ endpoint, epoch, processMethods, clock, log }: RegistryServerOptions) {
    this.#log = log;
    this.#registry = new Registry({ epoch });
    this.#methods = new RegistryMethods(this.#registry.rows, clock);
    const methods = new MethodTable().serve(processMethods).serve(this.#methods.handlers).serve(this.#nodeMethods());
    this.#server = new RequestServer({
      endpoint,
      purpose: 'the registry',
      frameBytesMax: limits.controlFrameBytesMax,
      handle: methods.handle,
      onBug: (error, method) => log.error({ err: error, method }, 'a registry method failed'),
    });
  }

  /** Where it listens, with the real port. */
  get endpoint(): string {
    return this.#server.endpoint;
  }

  get counters(): Record<string, number> {
    return {
      ...named('registry', { ...this.#server.counters, ...this.#registry.counters, ...this.#methods.waiters.counters }),
      'registry.machines': this.#registry.rows.machineCount,
      'registry.watchers': this.#methods.waiters.count,
      'registry.revision': this.#registry.rows.revision,
    };
  }

  /** @throws PORT_IN_USE, START_FAILED */
  async open(): Promise<void> {
    await this.#server.open();
    // Twice per heartbeat: an outage is noticed half an interval after it counts as one, at the latest.
    this.#ticker = setInterval(() => this.#onTick(), limits.heartbeatIntervalMs / 2);
  }

  /** Answers the watches that are held open, then closes. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#ticker);
    this.#methods.close();
    await this.#server.close();
  }

  #nodeMethods(): MethodHandlers {
    return {
      'registry.sync': (table) => {
        this.#methods.apply((now) => this.#registry.sync(table, now));
        return { revision: this.#registry.rows.revision };
      },
      'registry.heartbeat': (beat) => ({
        known: this.#methods.apply((now) => this.#registry.heartbeat(beat, now)),
      }),
    };
  }

  #onTick(): void {
    for (const machine of this.#methods.apply((now) => this.#registry.tick(now))) {
      this.#log.warn({ machine }, `${machine} is out of reach: silent for more than ${limits.heartbeatTimeoutMs} ms`);
    }
  }
}
