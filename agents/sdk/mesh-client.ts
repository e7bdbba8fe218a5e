/**
 * A process's connection to the mesh, through the node of its machine: what agents, the command line and any other
 * program share. It opens what is used when it is first used.
 */
import { type Clock, systemClock } from '../../common/core/clock.js';
import { programEpoch } from '../../common/core/incarnation-id.js';
import { limits } from '../../common/core/limits.js';
import type { Input, MethodName, Output, WelcomeBody } from '../../common/protocol/catalogue.js';
import type { ErrorReport } from '../../common/protocol/errors/error-report.js';
import { PROTOCOL_VERSION } from '../../common/protocol/frames/envelope.js';
import { instanceOf } from '../../common/protocol/name.js';
import { traceIdOf } from '../../common/protocol/record-marks.js';
import { RequestClient, type RequestOptions } from '../../common/wire/asking/request-client.js';
import type {
  EventInfo,
  Subscription,
  SubscriptionFigures,
  SubscriptionOptions,
} from '../../common/wire/events/subscription.js';
import type { CallAddress, CallOptions, CallOrigin, CallStream, TraceOrigin } from './calls/call.js';
import { CallRouter } from './calls/call-router.js';
import { PolicyLink } from './calls/policies/policy-link.js';
import { EventPlane } from './events/event-plane.js';
import type { Checkpoint, EmitOptions, Mesh, NewRecord, PublishOptions, Receipt, ReportReceipt } from './mesh.js';
import { BodyDownload, type BodyHolder } from './records/consuming/body-download.js';
import type { ConsumeOptions, Consumer, RecordHandler } from './records/consuming/consumer.js';
import { Consumers } from './records/consuming/consumers.js';
import { Emitter } from './records/emitting/emitter.js';
import { Reporter } from './records/emitting/reporter.js';
import { RegistryClient } from './registry-client.js';

export interface MeshClientOptions {
  /** Endpoint of the machine's node. */
  readonly node: string;
  /** Who this is: an agent's name, or that of a program. */
  readonly name: string;
  /** The incarnation; default: one that no other program has. */
  readonly epoch?: number;
  /** How long to wait for the node's first answer. Default `limits.requestTimeoutMs`. */
  readonly timeoutMs?: number;
  /** A handler of an event threw. Default: silence, the counter tells. */
  readonly onHandlerError?: (error: unknown, topic: string) => void;
  /** The handler of a record threw, a record became a dead letter, or a consumer was refused. Default: silence, as above. */
  readonly onConsumerError?: (error: unknown, stream: string) => void;
  readonly clock?: Clock;
  /** Of the program: errors that it reports name it. */
  readonly release?: string | undefined;
}

export class MeshClient implements Mesh {
  readonly registry: RegistryClient;
  readonly #clock: Clock;
  readonly #epoch: number;
  readonly #calls: CallRouter;
  readonly #emitter: Emitter;
  readonly #reporter: Reporter;
  readonly #events: EventPlane;
  readonly #bodies: BodyDownload;
  readonly #consumers: Consumers;
  readonly #servers = new Map<'registry' | 'log', RequestClient>();
  #closing: Promise<void> | undefined;

  /** Connects and asks the node where everything is. @throws UNREACHABLE, BAD_VERSION */
  static async connect(options: MeshClientOptions): Promise<MeshClient> {
    const node = connectToNode(options.node, options.name);
    try {
      const timeoutMs = options.timeoutMs ?? limits.requestTimeoutMs;
      const policies = new PolicyLink(node);
      // Asked together, they travel together: a program's first call is under the rules already.
      const rules = policies.fetch().catch(() => undefined);
      const welcome = await node.request('node.welcome', { protocol: PROTOCOL_VERSION }, { timeoutMs });
      await rules;
      const client = new MeshClient(options, node, welcome, policies);
      void policies.follow();
      return client;
    } catch (error) {
      node.close();
      throw error;
    }
  }

  constructor(
    private readonly options: MeshClientOptions,
    private readonly node: RequestClient,
    readonly welcome: WelcomeBody,
    private readonly policies = new PolicyLink(node),
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#epoch = options.epoch ?? programEpoch(this.#clock.wallMs());
    this.registry = new RegistryClient(node);
    const caller = { instance: this.instance, machine: welcome.machine };
    this.#calls = new CallRouter(this.registry, caller, policies.policies);
    const identity = { agent: options.name, epoch: this.#epoch };
    this.#emitter = new Emitter(node, identity, this.#clock);
    this.#reporter = new Reporter(node, identity, this.#clock, options.release);
    this.#bodies = new BodyDownload((machine) => this.#nodeOf(machine));
    this.#events = new EventPlane({
      instance: this.instance,
      epoch: this.#epoch,
      machine: welcome.machine,
      brokers: welcome.brokers,
      onHandlerError: options.onHandlerError ?? (() => undefined),
      clock: this.#clock,
    });
    this.#consumers = new Consumers(
      {
        log: () => this.#clientOf('log'),
        body: (record) => this.body(record),
        onProblem: options.onConsumerError ?? (() => undefined),
      },
      `${this.instance}#${this.#epoch}`,
      this.#clock,
    );
  }

  get machine(): string {
    return this.welcome.machine;
  }

  /** `agent@machine` */
  get instance(): string {
    return instanceOf(this.options.name, this.welcome.machine);
  }

  /** @param origin the call in whose action this one is made. */
  call(
    target: string | CallAddress,
    input: unknown = {},
    options?: CallOptions,
    origin?: CallOrigin,
  ): Promise<unknown> {
    return this.#calls.call(target, input, options, origin);
  }

  /** @param origin the call in whose action this one is made. */
  stream(target: string | CallAddress, input: unknown = {}, options?: CallOptions, origin?: CallOrigin): CallStream {
    return this.#calls.stream(target, input, options, origin);
  }

  publish(topic: string, body: unknown, options?: PublishOptions): number {
    return this.#events.publish(topic, body, options);
  }

  subscribe(
    pattern: string,
    handler: (body: unknown, event: EventInfo) => unknown,
    options?: SubscriptionOptions,
  ): Subscription {
    return this.#events.subscribe(pattern, handler, options);
  }

  /** @param origin the call in whose action this happens: its trace is the record's. */
  async emit(stream: string, body: unknown, options?: EmitOptions, origin?: TraceOrigin): Promise<Receipt> {
    const record = options === undefined ? { stream, body } : { ...options, stream, body };
    const [receipt] = await this.#emitter.emit([record], undefined, traceIdOf(origin?.trace));
    return receipt as Receipt;
  }

  /** @param origin the call in whose action this happens: its trace is that of the records. */
  async emitBatch(records: readonly NewRecord[], checkpoint?: Checkpoint, origin?: TraceOrigin): Promise<Receipt[]> {
    return this.#emitter.emit(records, checkpoint, traceIdOf(origin?.trace));
  }

  checkpoint(name: string): Promise<unknown> {
    return this.#emitter.checkpoint(name);
  }

  /** @param origin the call in whose action this happens: its trace is the report's. */
  report(error: unknown, rest: Partial<ErrorReport> = {}, origin?: TraceOrigin): Promise<ReportReceipt> {
    return this.#reporter.report(error, rest, traceIdOf(origin?.trace));
  }

  /** Records of main's log, past and to come; see `ConsumeOptions`. @throws INVALID_INPUT, CLOSED */
  consume(stream: string, handler: RecordHandler, options: ConsumeOptions = {}): Consumer {
    return this.#consumers.consume(stream, handler, options);
  }

  /**
   * What a record's emitter put into it; a large body is fetched from the machine that emitted it. @throws NOT_FOUND,
   * UNREACHABLE, JOURNAL_DAMAGED; BAD_FRAME for bytes that are no MessagePack
   */
  body(record: BodyHolder): Promise<unknown> {
    return this.#bodies.valueOf(record);
  }

  /** Ends what this process consumes: what is in hand is settled, the rest is given back. Idempotent. */
  closeConsumers(): Promise<void> {
    return this.#consumers.close();
  }

  /** One request to the machine's node, or to the central registry or log. */
  request<M extends MethodName>(
    server: 'node' | 'registry' | 'log',
    method: M,
    body: Input<M>,
    options: RequestOptions = {},
  ): Promise<Output<M>> {
    return this.#clientOf(server).request(method, body, options);
  }

  /** What was emitted is stored or rejected within `limits.closeTimeoutMs`; then everything is closed. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The latest calls under a policy, for `mesh.calls`. */
  callsUnderPolicy(filter: Input<'mesh.calls'>): Output<'mesh.calls'> {
    return { policies: this.policies.policies.revision, calls: this.#calls.guard.trail.list(filter) };
  }

  /** What happened on this connection, for `mesh.health`. */
  get counters(): Record<string, number> {
    const { emitted, repeats, refused, queued, waiting } = this.#emitter.counters;
    return {
      ...this.#events.counters,
      ...this.#calls.counters,
      recordsEmitted: emitted,
      emitRepeats: repeats,
      recordsRefused: refused,
      recordsQueued: queued,
      emitsWaiting: waiting,
      ...this.#reporter.counters,
      ...this.#consumers.counters,
    };
  }

  /** Its subscriptions, those in trouble first. */
  get subscriptions(): SubscriptionFigures[] {
    return this.#events.subscriptions;
  }

  #clientOf(server: 'node' | 'registry' | 'log'): RequestClient {
    if (server === 'node') return this.node;
    let client = this.#servers.get(server);
    if (client === undefined) {
      const frameBytesMax = server === 'log' ? limits.logFrameBytesMax : limits.controlFrameBytesMax;
      client = new RequestClient({
        endpoint: this.welcome[server],
        name: this.instance,
        peer: `the ${server} on main`,
        frameBytesMax,
      });
      this.#servers.set(server, client);
    }
    return client;
  }

  /** A connection to the node of any machine, which is the caller's to close. */
  async #nodeOf(machine: string): Promise<RequestClient | undefined> {
    const { machines } = await this.registry.list();
    const found = machines.find((entry) => entry.machine === machine);
    return found === undefined ? undefined : connectToNode(found.node, this.instance);
  }

  async #close(): Promise<void> {
    this.policies.close();
    await this.#consumers.close();
    await Promise.all([this.#emitter.close(limits.closeTimeoutMs), this.#reporter.close(limits.closeTimeoutMs)]);
    await this.#events.close();
    this.#calls.close();
    this.#bodies.close();
    for (const client of this.#servers.values()) client.close();
    this.node.close();
  }
}

export const connectToNode = (
  endpoint: string,
  name: string,
  onLink: (up: boolean) => void = () => undefined,
): RequestClient =>
  new RequestClient({ endpoint, name, peer: 'the node', frameBytesMax: limits.controlFrameBytesMax, onLink });
