/**
 * One action as its callers meet it: input and output checked, failures told as what they are, and everything that its
 * definition or a caller may ask for: a bound on how many run, keys, streams, times.
 *
 * A1  A call that asks for nothing of that takes the short way: one promise, that of `run`, and none where it answers at once.
 * A2  What is refused here did not run, and says so by its code: INVALID_INPUT, EXPIRED, OVERLOADED, CONFLICT. What `run` threw
 *     never says so, whatever it threw (`ran`).
 * A3  Nothing begins whose time is over or whose caller has given up, as far as can be known.
 */
import { systemClock } from '../../../common/core/clock.js';
import { errorTable, MeshError, messageOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { RequestMeta } from '../../../common/protocol/request-meta.js';
import { compile, type Validator } from '../../../common/protocol/schema.js';
import type { IncomingRequest } from '../../../common/wire/answering/incoming-request.js';
import type { Action } from '../../../common/wire/answering/method-table.js';
import type { ActionContext, ActionDefinition } from '../define-agent.js';
import { type ActionCallClass, type CallSource, giveUpReason } from './action-call.js';
import { ActionFigures } from './action-figures.js';
import { ActionGate } from './action-gate.js';
import type { CallStall } from './call-stall.js';
import type { KeyedCalls } from './keyed-calls.js';
import { NO_INPUT } from './no-input.js';
import { CollectedItems, isAsyncIterable, takeItems } from './yielded-items.js';

/** What the actions of an agent share. */
export interface ActionHost {
  readonly agent: string;
  readonly telemetry: boolean;
  readonly stall: CallStall;
  readonly keyed: KeyedCalls;
  /** The contexts of calls. @throws while the agent is not ready */
  callClass(): ActionCallClass;
  /** What an action threw, in full; its caller gets the message. */
  onFailure(error: unknown, action: string): void;
}

/** One run and what belongs to it. */
interface Run {
  readonly request: IncomingRequest;
  readonly startedMs: number;
  readonly queueMs: number;
}

export class ServedAction {
  readonly figures: ActionFigures;
  readonly gate: ActionGate | undefined;
  readonly #title: string;
  readonly #inputTitle: string;
  readonly #outputTitle: string;
  readonly #input: Validator<unknown>;
  readonly #output: Validator<unknown> | undefined;
  readonly #items: Validator<unknown> | undefined;

  constructor(
    private readonly host: ActionHost,
    private readonly name: string,
    private readonly definition: ActionDefinition,
  ) {
    const { input = NO_INPUT, output, items, concurrency, queueMax, queueAgeMsMax } = definition;
    this.#title = `${host.agent}.${name}`;
    this.#inputTitle = `the input of ${this.#title}`;
    this.#outputTitle = `the output of ${this.#title}`;
    this.#input = compile(input);
    this.#output = output === undefined ? undefined : compile(output);
    this.#items = items === undefined ? undefined : compile(items);
    this.figures = new ActionFigures(host.telemetry);
    if (concurrency === undefined) return;
    this.gate = new ActionGate(this.#title, {
      concurrency,
      lengthMax: queueMax ?? limits.actionQueueMax,
      ageMsMax: queueAgeMsMax ?? Number.POSITIVE_INFINITY,
    });
  }

  /** The method that runs it. */
  get method(): Action {
    const { host, figures, definition } = this;
    const input = this.#input;
    const inputTitle = this.#inputTitle;
    const isGated = this.gate !== undefined;
    const output = this.#output;
    const onDone = (result: unknown): unknown => {
      figures.running--;
      return output === undefined ? (result ?? {}) : this.#checked(result);
    };
    const onTaken = (result: unknown): unknown => {
      figures.running--;
      return result;
    };
    const onFailed = (error: unknown): never => {
      figures.running--;
      return this.#failed(error);
    };
    return (body, meta, request) => {
      const Call = host.callClass();
      figures.calls++;
      const isLong = figures.isNextTimed() || isGated || asksForMore(meta);
      if (isLong || request.receivedMs > host.stall.suspectAfterMs) return this.#serve(Call, body, meta, request);
      const value = input.assert(body, inputTitle);
      const call = new Call(request);
      figures.running++;
      let result: unknown;
      try {
        result = definition.run(value as never, call as never);
      } catch (error) {
        return onFailed(error);
      }
      if (typeof result === 'object' && result !== null) {
        if (isThenable(result)) return Promise.resolve(result).then(onDone, onFailed);
        if (isAsyncIterable(result)) return this.#takeItems(result, request).then(onTaken, onFailed);
      }
      return onDone(result);
    };
  }

  #serve(Call: ActionCallClass, body: unknown, meta: RequestMeta, request: IncomingRequest): unknown {
    if (meta.timeoutMs === 0) throw this.#expired();
    const value = this.#input.assert(body, this.#inputTitle);
    if (request.receivedMs <= this.host.stall.suspectAfterMs) return this.#dispatch(Call, value, meta, request);
    return this.host.stall.hold(request).then(() => {
      if (isLate(request)) throw this.#expired();
      return this.#dispatch(Call, value, meta, request);
    });
  }

  #dispatch(Call: ActionCallClass, value: unknown, { key }: RequestMeta, request: IncomingRequest): unknown {
    if (key === undefined) return this.#enter(Call, value, request, request);
    return this.host.keyed.serve(
      {
        action: this.name,
        title: this.#title,
        key,
        value,
        isIdempotent: this.definition.idempotent === true,
        run: (source, onBegin) => this.#enter(Call, value, source, request, onBegin),
        onRepeat: () => {
          this.figures.repeats++;
        },
      },
      request,
    );
  }

  /** @param source all who ask for it; `request` is the first of them */
  #enter(
    Call: ActionCallClass,
    value: unknown,
    source: CallSource,
    request: IncomingRequest,
    onBegin?: () => void,
  ): unknown {
    const { gate } = this;
    const enteredMs = systemClock.monotonicMs();
    const begin = (startedMs: number): unknown => {
      onBegin?.();
      const run = { request, startedMs, queueMs: startedMs - enteredMs };
      return this.#run(run, new Call(source), value);
    };
    if (gate === undefined) return begin(enteredMs);
    let turn: Promise<void> | undefined;
    try {
      turn = gate.enter(source, enteredMs);
    } catch (error) {
      return this.#refused(error);
    }
    if (turn === undefined) return begin(enteredMs);
    return turn.then(
      () => begin(systemClock.monotonicMs()),
      (error) => this.#refused(error),
    );
  }

  #run(run: Run, call: ActionContext, value: unknown): unknown {
    this.figures.running++;
    let result: unknown;
    try {
      result = this.definition.run(value as never, call as never);
    } catch (error) {
      this.#onEnd(run);
      return this.#failed(error);
    }
    if (typeof result === 'object' && result !== null) {
      if (isThenable(result)) return this.#settle(run, Promise.resolve(result));
      if (isAsyncIterable(result)) return this.#settle(run, this.#takeItems(result, run.request), sameResult);
    }
    this.#onEnd(run);
    return this.#checked(result);
  }

  #settle(
    run: Run,
    promise: Promise<unknown>,
    finish = (result: unknown): unknown => this.#checked(result),
  ): Promise<unknown> {
    return promise.then(
      (result) => {
        this.#onEnd(run);
        return finish(result);
      },
      (error) => {
        this.#onEnd(run);
        return this.#failed(error);
      },
    );
  }

  #onEnd({ request, startedMs, queueMs }: Run): void {
    const nowMs = systemClock.monotonicMs();
    const runMs = nowMs - startedMs;
    this.figures.running--;
    this.figures.note(runMs);
    if (queueMs > 0 || request.meta.timings === true) request.timings = { queueMs, runMs };
    this.gate?.leave(runMs, nowMs);
  }

  /** Resolves to the answer, checked. */
  async #takeItems(items: AsyncIterable<unknown>, request: IncomingRequest): Promise<unknown> {
    const { stream } = request;
    const collected = stream === undefined ? new CollectedItems(this.#title) : undefined;
    const put = collected?.add ?? ((item: unknown) => stream?.push(item));
    let count = 0;
    const taking = takeItems(items, (item) => {
      count++;
      this.#items?.assert(item, `item ${count} of ${this.#title}`, 'INVALID_OUTPUT');
      return put(item);
    });
    const result = this.#checked(await taking);
    return collected === undefined ? result : { items: collected.items, result };
  }

  #checked(result: unknown): unknown {
    if (this.#output === undefined) return result ?? {};
    try {
      return this.#output.assert(result, this.#outputTitle, 'INVALID_OUTPUT');
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): never {
    const reason = giveUpReason(error);
    if (reason !== undefined) {
      this.figures.givenUp++;
      throw reason;
    }
    const isMesh = error instanceof MeshError;
    if (!isMesh || errorTable[error.code].httpStatus >= 500) this.figures.failures++;
    this.host.onFailure(error, this.name);
    if (isMesh) throw error.retryable ? begun(error) : error;
    throw new MeshError('ACTION_FAILED', `${this.#title} failed: ${messageOf(error)}`, {
      cause: error,
      hint: `see "mesh logs ${this.host.agent}"`,
    });
  }

  #refused(error: unknown): never {
    if (giveUpReason(error) !== undefined) this.figures.givenUp++;
    else this.figures.refused++;
    throw error;
  }

  #expired(): MeshError {
    this.figures.refused++;
    return new MeshError('EXPIRED', `the time of this call of ${this.#title} was over before it began`, {
      hint: 'it did not run: give it more time, or ask another instance',
    });
  }
}

const sameResult = (result: unknown): unknown => result;

const asksForMore = ({ key, credit, timings, timeoutMs }: RequestMeta): boolean =>
  key !== undefined || credit !== undefined || timings !== undefined || timeoutMs === 0;

const isLate = ({ meta, receivedMs }: IncomingRequest): boolean =>
  meta.timeoutMs !== undefined && receivedMs + meta.timeoutMs <= systemClock.monotonicMs();

/** A2: the same error, that says of itself that something had begun. */
const begun = (error: MeshError): MeshError =>
  new MeshError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, ran: true },
    cause: error,
  });

const isThenable = (value: object): value is PromiseLike<unknown> =>
  'then' in value && typeof value.then === 'function';
