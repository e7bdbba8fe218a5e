/**
 * A call whose action yields, as its caller holds it. It finds its instance as a call does, and waits for one as a call does;
 * from the first item on it is the stream of that one connection.
 *
 * S1  It ends exactly once, and iteration and `result` tell the same end. A `result` that nobody looks at is no unhandled
 *     rejection.
 * S2  It is opened again, elsewhere if there is somebody else, only while nothing has come and nothing was said, and only
 *     when its callee did not run it.
 * S3  Leaving the iteration gives it up, and the callee hears of that.
 */
import { systemClock } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { listenTo } from '../../../common/wire/asking/promise-asker.js';
import type { RequestStream } from '../../../common/wire/streams/request-stream.js';
import type { CallOptions, CallOrigin, CallStream } from './call.js';
import { adviceOf, retriesOf } from './call-options.js';
import { Deferred } from './deferred.js';
import { mayRepeat, signOf } from './outcome.js';
import type { Peer } from './peer.js';
import type { Route } from './route.js';
import type { WaitingCall, WaitingCalls } from './waiting-calls.js';

export interface StreamFacts {
  readonly route: Route;
  readonly input: unknown;
  readonly options: CallOptions;
  readonly origin: CallOrigin | undefined;
  /** `agent@machine` of the caller. */
  readonly from: string;
  readonly waiting: WaitingCalls;
  /** Until when somebody must have been found to serve it. */
  readonly deadlineMs: number;
  /** Until when it must have ended; Infinity for one that may go on. */
  readonly endMs: number;
}

type Step = IteratorResult<unknown, undefined>;

/** One connection's part in it. */
interface Leg {
  readonly stream: RequestStream;
  readonly peer: Peer;
  readonly openedMs: number;
}

export class OutgoingStream implements CallStream, AsyncIterableIterator<unknown, undefined>, WaitingCall {
  readonly #result = new Deferred<unknown>();
  #opened = new Deferred<Leg>();
  #leg: Leg | undefined;
  #isOver = false;
  /** Something has come, or was said: from now on it is this leg or none. */
  #isBound = false;
  /** Nobody iterates any more. */
  #isLeft = false;
  #interruption: MeshError | undefined;
  #repeats = 0;
  #failed: Peer | undefined;
  /** Of each leg that failed, once: the error that it is, or undefined when another one takes its place. */
  readonly #verdicts = new WeakMap<Leg, Promise<MeshError | undefined>>();
  readonly #forget: (() => void)[];

  constructor(private readonly facts: StreamFacts) {
    const signals = [facts.options.signal, facts.origin?.signal].filter((signal) => signal !== undefined);
    this.#forget = signals.map((signal) => listenTo(signal, () => this.#giveUp(true)));
  }

  get result(): Promise<unknown> {
    return this.#result.promise;
  }

  get deadlineMs(): number {
    return this.facts.deadlineMs;
  }

  async send(body: unknown): Promise<void> {
    const { stream } = await this.#opened.promise;
    this.#isBound = true;
    await stream.say(body);
  }

  cancel(): void {
    this.#giveUp(false);
  }

  async next(): Promise<Step> {
    const leg = this.#leg ?? (await this.#opened.promise.catch((error: MeshError) => this.#lastStep(error)));
    if (!('stream' in leg)) return leg;
    let error: MeshError | undefined;
    try {
      const step = await leg.stream.next();
      this.#isBound ||= step.done !== true;
      error = this.#interruption;
      if (step.done !== true || error === undefined) return step;
    } catch (thrown) {
      error = await this.#verdictOn(leg, toMeshError(thrown));
      if (error === undefined) return this.next();
    }
    return this.#lastStep(error);
  }

  return(): Promise<Step> {
    this.cancel();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  // --- its way to an instance ------------------------------------------------------------------------------------

  attempt(nowMs: number): void {
    if (this.#isOver) return;
    const { route, options, waiting } = this.facts;
    const { balancer } = route.current();
    const { idempotencyKey: key } = options;
    const peer = key === undefined ? balancer.choose(nowMs, this.#failed) : balancer.chooseFor(key, nowMs);
    if (peer !== undefined) return this.#openAt(peer, nowMs);
    const { error, mayCome } = route.whyNobody(nowMs);
    if (!mayCome || !waiting.add(this, Number.POSITIVE_INFINITY)) this.fail(error);
  }

  isPossible(): boolean {
    return this.facts.route.current().balancer.standings.length > 0;
  }

  onLate(nowMs: number): void {
    this.fail(this.facts.route.current().whyNobody(nowMs).error);
  }

  /** Its last word. Nothing when it has ended. */
  fail(error: MeshError): void {
    if (!this.#end()) return;
    this.facts.waiting.delete(this);
    this.#opened.reject(error);
    this.#result.reject(error);
  }

  #openAt(peer: Peer, nowMs: number): void {
    const { route, input, options, origin, from, endMs } = this.facts;
    const isTimed = endMs < Number.POSITIVE_INFINITY;
    try {
      const stream = peer.openStream(
        route.target.action,
        input,
        isTimed ? { timeoutMs: Math.max(1, Math.round(endMs - nowMs)) } : {},
        { from, ...adviceOf(options, origin) },
      );
      peer.onStreamOpened(nowMs, route.breaker);
      const leg: Leg = { stream, peer, openedMs: nowMs };
      this.#leg = leg;
      this.#opened.resolve(leg);
      stream.result.then(
        (body) => this.#onAnswer(leg, body),
        (thrown: unknown) => void this.#onFailure(leg, toMeshError(thrown)),
      );
    } catch (thrown) {
      const error = toMeshError(thrown);
      if (!this.#isReplaced(error, peer)) this.fail(error);
    }
  }

  #onAnswer({ peer, openedMs }: Leg, body: unknown): void {
    peer.onStreamEnded('well', openedMs, systemClock.monotonicMs(), this.facts.route.breaker);
    if (this.#end()) this.#result.resolve(body);
  }

  async #onFailure(leg: Leg, thrown: MeshError): Promise<void> {
    const sign = signOf(thrown, 'sent');
    leg.peer.onStreamEnded(sign, leg.openedMs, systemClock.monotonicMs(), this.facts.route.breaker);
    const error = await this.#verdictOn(leg, thrown);
    if (error !== undefined && this.#end()) this.#result.reject(error);
  }

  #verdictOn(leg: Leg, error: MeshError): Promise<MeshError | undefined> {
    let verdict = this.#verdicts.get(leg);
    if (verdict === undefined) {
      verdict = this.#judge(leg, error);
      this.#verdicts.set(leg, verdict);
    }
    return verdict;
  }

  /** A broken connection is told apart from a dead agent; what did not run is opened again. */
  async #judge({ peer }: Leg, found: MeshError): Promise<MeshError | undefined> {
    const { action } = this.facts.route.target;
    const error =
      found.code === 'CONNECTION_LOST'
        ? await new Promise<MeshError>((resolve) => peer.suspend(action, found, resolve))
        : found;
    return this.#isReplaced(error, peer) ? undefined : error;
  }

  /** What cannot have run may be opened again: what was said by then would be lost. */
  #isReplaced(error: MeshError, peer: Peer): boolean {
    const { route, options, deadlineMs, waiting } = this.facts;
    const nowMs = systemClock.monotonicMs();
    const isPossible =
      !this.#isOver &&
      !waiting.isClosed &&
      !this.#isBound &&
      nowMs < deadlineMs &&
      this.#repeats < retriesOf(options, route.policy) &&
      mayRepeat(error, 'answered', false);
    if (!isPossible || !route.budget.take(nowMs)) return false;
    this.#repeats++;
    this.#failed = peer;
    if (this.#leg !== undefined) this.#opened = new Deferred();
    this.#leg = undefined;
    if (route.current().balancer.hasAnother(nowMs, peer)) this.attempt(nowMs);
    else if (!waiting.add(this, nowMs + RETRY_MS)) return false;
    return true;
  }

  /** @param byOther somebody else did: its reader then hears of it, and does not take what came for all there is. */
  #giveUp(byOther: boolean): void {
    const error = new MeshError('INTERRUPTED', `${this.facts.route.name} was given up by its caller`);
    this.#isLeft ||= !byOther;
    this.#interruption ??= error;
    this.#leg?.stream.cancel(error);
    this.fail(error);
  }

  /** Who left hears nothing; who did not hears why it ended, once. */
  #lastStep(error: MeshError): Step {
    const isHeard = this.#isLeft;
    this.#isLeft = true;
    if (!isHeard) throw error;
    return DONE;
  }

  /** False when it had ended before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    for (const forget of this.#forget) forget();
    return true;
  }
}

const DONE: Step = { done: true, value: undefined };
/** Before it is opened once more at the instance that could not take it. */
const RETRY_MS = 100;

/** A stream that could not even be asked for. */
export function failedStream(error: MeshError): CallStream {
  const result = Promise.reject(error);
  result.catch(() => undefined);
  return {
    result,
    send: () => result,
    cancel: () => undefined,
    [Symbol.asyncIterator]: () => ({ next: () => result }),
  };
}
