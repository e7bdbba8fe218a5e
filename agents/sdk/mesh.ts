/**
 * The mesh, as whoever is connected to it has it: calls, events, records and errors, and what goes into them and comes
 * back. Types only. `MeshClient` is it for any program, and an agent's context for an agent.
 */
import type { ErrorReport } from '../../common/protocol/errors/error-report.js';
import type { EventInfo, Subscription, SubscriptionOptions } from '../../common/wire/events/subscription.js';
import type { CallAddress, CallOptions, CallStream } from './calls/call.js';
import type { ConsumeOptions, Consumer, RecordHandler } from './records/consuming/consumer.js';
import type { RegistryClient } from './registry-client.js';

export interface PublishOptions {
  /**
   * The broker of this machine keeps it as the last value of the topic, for those who subscribe later with `last: true`; it
   * outlives its publisher. When that broker dies, every publisher that lives tells its values to the next one as soon as it
   * answers; those of publishers that are gone are gone. A value is small: at most `limits.keptValueBytesMax`.
   */
  readonly keepLast?: boolean;
}

/** Where a durable record is: its journal, its number there, and its hash. */
export interface Receipt {
  readonly journalId: string;
  readonly seq: number;
  readonly hash: Uint8Array;
  /** It was stored before, under its `dedupeKey`: this is where. */
  readonly repeated?: true;
}

/** Where a report is told. */
export interface ReportReceipt extends Receipt {
  /** It was one of many and is told as a number: the record is then the last one of its kind before that. */
  readonly folded: boolean;
}

export interface EmitOptions {
  /** What the record is about (the number of an order), for whoever consumes it. Up to 128 characters. */
  readonly key?: string;
  /**
   * Of the records of this stream with this text the machine stores the first: a repeat, whoever sends it, is answered with
   * the receipt of the first, and refused with CONFLICT if it has another body or key. Known for three days, or until 100,000
   * others have come. Up to 128 characters.
   */
  readonly dedupeKey?: string;
}

/** One record to be stored: `body` is any value that MessagePack can hold. */
export interface NewRecord extends EmitOptions {
  readonly stream: string;
  readonly body: unknown;
}

/** A value stored in the same transaction as the records it belongs to: how far a follower has read. */
export interface Checkpoint {
  readonly name: string;
  readonly value: unknown;
}

/** The mesh, as an agent (or the command line) sees it. */
export interface Mesh {
  /** The machine whose node this is connected to. */
  readonly machine: string;
  /**
   * Asks one instance of a service: `echo.say`, `echo@pc2.say`, `echo@^2.say`, or whom a `CallAddress` describes. At most
   * once; with an `idempotencyKey`, or of an idempotent action, repeated until it is answered or its time is over.
   * @returns what the action answered: a value of MessagePack. `input` is one too, `{}` when left out
   * @throws MeshError: what the action answers with (ACTION_FAILED, INVALID_INPUT, INVALID_OUTPUT, or an error of its own),
   * NOT_FOUND, UNKNOWN_METHOD, UNREACHABLE, OVERLOADED, QUEUE_FULL, EXPIRED, CIRCUIT_OPEN (it did not run), TIMED_OUT,
   * CONNECTION_LOST, AGENT_CRASHED (it may have run), TOO_LARGE, INTERRUPTED, CLOSED
   */
  call(target: string | CallAddress, input?: unknown, options?: CallOptions): Promise<unknown>;
  /**
   * The same, of an action that yields: its items as they come, and what it returns at the end. Never repeated once it was
   * sent. Throws nothing itself: what `call` rejects with, the iteration throws and `result` rejects with.
   */
  stream(target: string | CallAddress, input?: unknown, options?: CallOptions): CallStream;
  /**
   * One event for whoever has subscribed: at most once, in order. `topic` is words with dots between them, `body` any value
   * of MessagePack.
   * @returns its number on this topic, from 1: a subscriber knows by it what is missing
   * @throws MeshError INVALID_INPUT, TOO_LARGE, QUEUE_FULL (the broker takes no more), CLOSED
   */
  publish(topic: string, body: unknown, options?: PublishOptions): number;
  /**
   * Events whose topic matches, from all machines: `*` is one token, a final `>` the rest. They come once the brokers know of
   * it, which this does not wait for. What the handler throws is told to `onError` of the agent and counted.
   * @throws MeshError INVALID_INPUT
   */
  subscribe(
    pattern: string,
    handler: (body: unknown, event: EventInfo) => unknown,
    options?: SubscriptionOptions,
  ): Subscription;
  /**
   * Durable: resolves after fsync, and then the record reaches main exactly once. Stream names: `metrics`, `lines.app`. While
   * the node is away, or its disk full, it waits, and goes on by itself.
   * @throws MeshError QUEUE_FULL, TOO_LARGE, INVALID_INPUT, DENIED (another agent's stream), CONFLICT (its `dedupeKey` is taken),
   * CLOSED. It is stored nowhere then; only with CLOSED nobody knows
   */
  emit(stream: string, body: unknown, options?: EmitOptions): Promise<Receipt>;
  /**
   * Several records, and possibly a checkpoint, in one transaction: all or none. At most `limits.recordBatchMax` of them.
   * @returns a receipt for each, in their order
   * @throws as `emit`; TOO_LARGE also when they do not fit one transaction
   */
  emitBatch(records: readonly NewRecord[], checkpoint?: Checkpoint): Promise<Receipt[]>;
  /** The value of a checkpoint of this agent; undefined when there is none. Waits for a node that is away. @throws MeshError CLOSED */
  checkpoint(name: string): Promise<unknown>;
  /**
   * Records of main's log, the old ones and those that come, whether this machine's link is up or not. With a `group` its
   * members share them, each is acknowledged when its handler has done it, and the group's place is durable. Answers at once;
   * what main refuses is in `ready` and `ended`.
   * @throws MeshError INVALID_INPUT, CLOSED
   */
  consume(stream: string, handler: RecordHandler, options?: ConsumeOptions): Consumer;
  /**
   * One error on the error bus, durable when it resolves. Takes a thrown value or a report. Report what fails as often as it
   * fails: of many that say the same the first ones are told in full and the others as a number, which is exact.
   * @param rest fields that are not in what was thrown, or that stand for those
   * @throws MeshError DENIED, CLOSED
   */
  report(error: unknown, rest?: Partial<ErrorReport>): Promise<ReportReceipt>;
  readonly registry: RegistryClient;
}
