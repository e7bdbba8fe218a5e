/**
 * One call in the hands of its action: the context that `run` gets. It is the agent's own context, and beside it what is
 * known of this call alone.
 *
 * C1  What an action does not look at is not made: a call that is only answered costs one small object.
 * C2  `signal` aborts once, for the first reason: the caller gave up or has gone, its time is over, or the agent stops.
 *     Nothing of a call that has ended stays behind, neither a timer nor a listener.
 * C3  What is called through this context inherits its time, its end and its trace, also as a function that was taken out;
 *     what is emitted or reported through it inherits its trace.
 */
import { systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import type { ErrorReport } from '../../../common/protocol/errors/error-report.js';
import type { RequestMeta } from '../../../common/protocol/request-meta.js';
import type { CallAddress, CallOptions, CallOrigin, CallStream, TraceOrigin } from '../calls/call.js';
import type { ActionContext, AgentContext } from '../define-agent.js';
import type { Checkpoint, EmitOptions, Mesh, NewRecord, Receipt, ReportReceipt } from '../mesh.js';

/** The request that a call answers, or several that ask for the same. */
export interface CallSource {
  readonly meta: RequestMeta;
  /** Monotonic time at which it was read. */
  readonly receivedMs: number;
  /** Calls `listener` once when nobody waits any more, at once when that is so already. */
  onAbandoned(listener: (reason: MeshError) => void): void;
  /** Calls `listener` once when the answer is there, at once when it is. */
  onFinished(listener: () => void): void;
  readonly stream: { readonly inbox: AsyncIterable<unknown> } | undefined;
}

/** The mesh as a call uses it: what is called and emitted within it bears its marks. */
export interface NestedCalls {
  call(target: string | CallAddress, input: unknown, options: CallOptions, origin: CallOrigin): Promise<unknown>;
  stream(target: string | CallAddress, input: unknown, options: CallOptions, origin: CallOrigin): CallStream;
  emit(stream: string, body: unknown, options: EmitOptions | undefined, origin: TraceOrigin): Promise<Receipt>;
  emitBatch(records: readonly NewRecord[], checkpoint: Checkpoint | undefined, origin: TraceOrigin): Promise<Receipt[]>;
  report(error: unknown, rest: Partial<ErrorReport> | undefined, origin: TraceOrigin): Promise<ReportReceipt>;
}

export type ActionCallClass = new (source: CallSource) => ActionContext;

/** Calls whose signal was looked at and that have not ended: the ones to tell that the agent stops. */
export class WatchedCalls {
  readonly #calls = new Set<CallEnd>();

  get size(): number {
    return this.#calls.size;
  }

  add(end: CallEnd): void {
    this.#calls.add(end);
  }

  delete(end: CallEnd): void {
    this.#calls.delete(end);
  }

  abortAll(reason: MeshError): void {
    for (const end of [...this.#calls]) end.abort(reason);
  }
}

type EndListener = (reason: MeshError) => void;

/** The end of one call, for an action that wants to know of it, and for the calls that it makes. */
class CallEnd {
  readonly #listeners = new Set<EndListener>();
  #reason: MeshError | undefined;
  #isReleased = false;
  /** Time is watched for who looks at the signal: calls that are made have no more of it anyway. */
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    source: CallSource,
    private readonly remainingMs: () => number,
    private readonly calls: WatchedCalls,
  ) {
    calls.add(this);
    source.onAbandoned((reason) => this.abort(reason));
    source.onFinished(() => this.release());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
      else if (!this.#isReleased) this.#arm();
    }
    return this.#controller.signal;
  }

  /** Answers what takes it back. */
  listen(listener: EndListener): () => void {
    if (this.#reason !== undefined) listener(this.#reason);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  abort(reason: MeshError): void {
    if (this.#isReleased) return;
    this.release();
    reasons.add(reason);
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const listener of [...this.#listeners]) listener(reason);
  }

  /** The call has ended: from now on nothing aborts it. */
  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    this.calls.delete(this);
  }

  /** Looks again when the time should be over: whoever joined the call meanwhile may have more of it. */
  #arm(): void {
    const remainingMs = this.remainingMs();
    if (remainingMs === 0) return this.abort(timeIsOver());
    if (remainingMs <= TIMER_MS_MAX) this.#timer = setTimeout(() => this.#arm(), Math.ceil(remainingMs));
  }
}

const reasons = new WeakSet<object>();

/** Why nobody waited any more for an action that ended for no other reason; undefined when it ended by itself. */
export function giveUpReason(thrown: unknown): MeshError | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  if (thrown instanceof MeshError && (reasons.has(thrown) || thrown.code === 'INTERRUPTED')) return thrown;
  // What the platform throws at an aborted signal has the reason as its cause.
  return 'cause' in thrown && thrown.cause instanceof MeshError && reasons.has(thrown.cause) ? thrown.cause : undefined;
}

/** The contexts of an agent's calls. */
export function actionCallClass(agent: AgentContext, nested: NestedCalls, calls: WatchedCalls): ActionCallClass {
  class Call {
    readonly from: string | undefined;
    readonly #source: CallSource;
    #end: CallEnd | undefined = undefined;
    #call: Mesh['call'] | undefined = undefined;
    #stream: Mesh['stream'] | undefined = undefined;

    constructor(source: CallSource) {
      this.#source = source;
      this.from = source.meta.from;
    }

    get trace(): string | undefined {
      return this.#source.meta.trace;
    }

    get inbox(): AsyncIterable<unknown> {
      return this.#source.stream?.inbox ?? NOTHING;
    }

    /** Made when it is looked at, like `call`: it may be taken out of the context. */
    get remainingMs(): () => number {
      const source = this.#source;
      return () => {
        const { meta, receivedMs } = source;
        if (meta.timeoutMs === undefined) return Number.POSITIVE_INFINITY;
        return Math.max(0, receivedMs + meta.timeoutMs - systemClock.monotonicMs());
      };
    }

    get signal(): AbortSignal {
      return this.#ending().signal;
    }

    onEnd(listener: EndListener): () => void {
      return this.#ending().listen(listener);
    }

    get call(): Mesh['call'] {
      this.#call ??= (target, input = {}, options = {}) => nested.call(target, input, options, this);
      return this.#call;
    }

    get stream(): Mesh['stream'] {
      this.#stream ??= (target, input = {}, options = {}) => nested.stream(target, input, options, this);
      return this.#stream;
    }

    get emit(): Mesh['emit'] {
      return (stream, body, options) => nested.emit(stream, body, options, this);
    }

    get emitBatch(): Mesh['emitBatch'] {
      return (records, checkpoint) => nested.emitBatch(records, checkpoint, this);
    }

    get report(): Mesh['report'] {
      return (error, rest) => nested.report(error, rest, this);
    }

    #ending(): CallEnd {
      this.#end ??= new CallEnd(this.#source, this.remainingMs, calls);
      return this.#end;
    }
  }
  Object.setPrototypeOf(Call.prototype, agent);
  return Call as new (
    source: CallSource,
  ) => Call & AgentContext;
}

/** What Node's timers can count; a call that has three weeks needs none. */
const TIMER_MS_MAX = 2_147_483_647;

const timeIsOver = () => new MeshError('TIMED_OUT', 'the time of this call is over: nobody waits for it any more');

/** What a plain call hears of its caller while it runs. */
const NOTHING: AsyncIterable<unknown> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
