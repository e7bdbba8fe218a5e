/**
 * The broker of a machine, wired from its parts: everywhere the event proxy and a control socket; on the main machine the
 * registry and the log too. Everything it binds is bound when `open` resolves, and free when `close` has resolved.
 */
import type { Clock } from '../common/core/clock.js';
import { limits } from '../common/core/limits.js';
import type { AgentLog } from '../common/log/log.js';
import type { ErrorReportInput } from '../common/protocol/errors/error-report.js';
import { type MethodHandlers, MethodTable } from '../common/wire/answering/method-table.js';
import { RequestServer } from '../common/wire/answering/request-server.js';
import { EventProxy } from '../common/wire/events/event-proxy.js';
import { EventMethods } from './event-methods.js';
import { LogServer } from './log-server.js';
import { LoopLag } from './loop-lag.js';
import { NodeLink } from './node-link.js';
import type { BrokerOptions } from './options.js';
import { brokerMethods, named } from './process-methods.js';
import { RegistryServer } from './registry-server.js';

export interface BrokerSurroundings {
  readonly clock: Clock;
  readonly log: AgentLog;
  /** A part ended by itself and the broker cannot go on: the process is to end, and its node starts it anew. */
  readonly onFatal: (error: unknown) => void;
  /** Somebody asked it to end. */
  readonly onStopRequest: () => void;
}

export class Broker {
  readonly #lag: LoopLag;
  readonly #events: EventProxy;
  readonly #kept: EventMethods;
  readonly #control: RequestServer;
  readonly #registry: RegistryServer | undefined;
  readonly #log: LogServer | undefined;
  readonly #node: NodeLink | undefined;
  #state: 'starting' | 'ready' | 'stopping' = 'starting';
  #closing: Promise<void> | undefined;

  constructor(
    { machine, epoch, bind, central }: BrokerOptions,
    private readonly surroundings: BrokerSurroundings,
  ) {
    const { clock, log, onFatal, onStopRequest } = surroundings;
    this.#lag = new LoopLag(clock);
    const methods = brokerMethods({
      machine,
      epoch,
      capabilities: central === undefined ? ['events'] : ['events', 'registry', 'log'],
      clock,
      state: () => this.#condition,
      loopLagMs: () => this.#lag.ms,
      counters: () => this.counters,
      onStopRequest,
    });
    this.#events = new EventProxy(bind, `the event proxy of ${machine}`);
    this.#kept = new EventMethods(epoch);
    this.#control = controlServer(bind.broker, machine, { ...methods, ...this.#kept.handlers }, log);
    if (central === undefined) return;
    const shared = { processMethods: methods, clock, log };
    this.#registry = new RegistryServer({ endpoint: central.registry, epoch, ...shared });
    const node =
      central.node === undefined ? undefined : new NodeLink(central.node, log, () => void this.#log?.prune());
    this.#node = node;
    const ofNode = {
      streamRules: () => node?.streams.rules ?? [],
      errorRules: () => node?.errors.rules ?? [],
      onReport: (report: ErrorReportInput) => node?.report(report),
    };
    this.#log = new LogServer({ endpoint: central.log, file: central.logFile, machine, onFatal, ...ofNode, ...shared });
  }

  /** Where its parts listen, with the real ports. */
  get endpoints() {
    return {
      broker: this.#control.endpoint,
      publish: this.#events.publishEndpoint,
      subscribe: this.#events.subscribeEndpoint,
      ...(this.#registry === undefined ? {} : { registry: this.#registry.endpoint }),
      ...(this.#log === undefined ? {} : { log: this.#log.endpoint }),
    };
  }

  /** What happened in all its parts since the start. */
  get counters(): Record<string, number> {
    return {
      ...named('control', this.#control.counters),
      ...this.#kept.counters,
      ...this.#registry?.counters,
      ...this.#log?.counters,
    };
  }

  /** The control socket last: when it answers, everything does. @throws PORT_IN_USE, START_FAILED, JOURNAL_FAILED … */
  async open(): Promise<void> {
    try {
      await this.#log?.open();
      await this.#registry?.open();
      await this.#events.open((error) => this.surroundings.onFatal(error));
      await this.#control.open();
      this.#lag.start();
      this.#node?.start();
      this.#state = 'ready';
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Answers what is in hand, each part within `limits.closeTimeoutMs`. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'stopping';
    this.#lag.stop();
    this.#node?.close();
    await Promise.all([this.#control.close(), this.#registry?.close(), this.#log?.close(), this.#events.close()]);
  }

  get #condition(): string {
    return this.#state === 'ready' && (this.#log?.degraded ?? '') !== '' ? 'degraded' : this.#state;
  }
}

function controlServer(endpoint: string, machine: string, methods: MethodHandlers, log: AgentLog): RequestServer {
  return new RequestServer({
    endpoint,
    purpose: `the broker of ${machine}`,
    frameBytesMax: limits.controlFrameBytesMax,
    handle: new MethodTable().serve(methods).handle,
    onBug: (error, method) => log.error({ err: error, method }, 'a control method failed'),
  });
}
