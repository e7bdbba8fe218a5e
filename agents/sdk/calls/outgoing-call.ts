/**
 * One call, from when it is made to its end, over all of its attempts. It keeps what is true of the attempt that is out, hears
 * what came of it, and tells its caller once; what is done next after a failure is decided by its maker.
 */
import { systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import type { ReplyTimings, RequestMeta } from '../../../common/protocol/request-meta.js';
import { type Asker, listenTo } from '../../../common/wire/asking/promise-asker.js';
import type { CallOptions, CallOrigin } from './call.js';
import { adviceOf } from './call-options.js';
import { type Fate, hasRun } from './outcome.js';
import type { Peer } from './peer.js';
import type { BreakerState } from './policies/breaker.js';
import type { AttemptRecord } from './policies/call-trail.js';
import type { Route } from './route.js';
import type { WaitingCall } from './waiting-calls.js';

/** Decides what is done next. */
export interface CallMaker {
  attempt(call: OutgoingCall, nowMs: number): void;
  onFailure(call: OutgoingCall, error: MeshError, fate: Fate, nowMs: number): void;
  onLate(call: OutgoingCall, nowMs: number): void;
  /** It has failed: nothing is done next. */
  forget(call: OutgoingCall): void;
}

export const NO_OPTIONS: CallOptions = {};

export class OutgoingCall implements Asker, WaitingCall {
  options: CallOptions = NO_OPTIONS;
  origin: CallOrigin | undefined = undefined;
  onAttempt: ((record: AttemptRecord) => void) | undefined = undefined;
  /** Attempts after the first. */
  repeats = 0;
  /** Whom not to ask again if there is somebody else. */
  failed: Peer | undefined = undefined;
  isOver = false;
  #peer: Peer | undefined = undefined;
  #id = 0;
  #sentMs = 0;
  #breaker: BreakerState = 'closed';
  /** Of an attempt of which nobody knows whether it ran: what comes later must not say that the call did not. */
  #doubt: MeshError | undefined = undefined;
  #forget: (() => void) | undefined = undefined;

  constructor(
    private readonly maker: CallMaker,
    readonly route: Route,
    private readonly input: unknown,
    readonly deadlineMs: number,
    private readonly resolve: (body: unknown) => void,
    private readonly reject: (error: MeshError) => void,
  ) {}

  /** Goes to `peer`. @throws what keeps it from being sent */
  send(peer: Peer, from: string, nowMs: number): void {
    this.#breaker = peer.breaker.state;
    this.#id = peer.ask(this.route.target.action, this.input, this.#meta(from, nowMs), this, nowMs);
    this.#peer = peer;
    this.#sentMs = nowMs;
    peer.onSent(nowMs, this.route.breaker);
  }

  onReply(body: unknown, _timings: ReplyTimings | undefined, readMs: number): void {
    this.#peer?.onAnswer(this.#sentMs, readMs, this.route.breaker);
    if (this.onAttempt !== undefined) this.#note('', readMs);
    this.#end();
    this.resolve(body);
  }

  onFailure(error: MeshError, sent: boolean, answered = false): void {
    const nowMs = systemClock.monotonicMs();
    const fate = answered ? 'answered' : sent ? 'sent' : 'unsent';
    if (this.onAttempt !== undefined) this.#note(error.code, nowMs);
    if (fate === 'sent' || (fate === 'answered' && hasRun(error))) this.#doubt = error;
    this.maker.onFailure(this, error, fate, nowMs);
  }

  /** The one that has or had it, and since when. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Where a call with a key may have run: its answer is known there alone, as long as that incarnation lives. */
  get holder(): Peer | undefined {
    return this.#doubt !== undefined && this.#peer?.isOver === false ? this.#peer : undefined;
  }

  get sentMs(): number {
    return this.#sentMs;
  }

  /** Its last word. Nothing when it has ended. */
  fail(error: MeshError): void {
    if (this.isOver) return;
    this.#end();
    this.maker.forget(this);
    this.reject(this.#doubt !== undefined && error.retryable ? this.#doubt : error);
  }

  /** Ends it with `signal`. */
  heed(signal: AbortSignal): void {
    this.#forgetWith(listenTo(signal, () => this.#giveUp(signal.reason)));
  }

  /** Ends it with the call that it is made in, at once when that has ended. */
  follow(origin: CallOrigin): void {
    if (origin.onEnd !== undefined) this.#forgetWith(origin.onEnd((reason) => this.#giveUp(reason)));
    else if (origin.signal.aborted) this.#giveUp(origin.signal.reason);
    else this.heed(origin.signal);
  }

  #forgetWith(forget: () => void): void {
    const before = this.#forget;
    this.#forget =
      before === undefined
        ? forget
        : () => {
            before();
            forget();
          };
  }

  isPossible(): boolean {
    return this.route.current().balancer.standings.length > 0;
  }

  attempt(nowMs: number): void {
    if (!this.isOver) this.maker.attempt(this, nowMs);
  }

  onLate(nowMs: number): void {
    this.maker.onLate(this, nowMs);
  }

  /** @param reason of a call that this one is made in: its time is over, or nobody waits for it; that is then told. */
  #giveUp(reason: unknown): void {
    const error = new MeshError('INTERRUPTED', `${this.route.name} was given up by its caller`);
    this.fail(reason instanceof MeshError ? reason : error);
    // What becomes of it out there says nothing about the instance.
    this.#peer?.cancel(this.#id, error);
  }

  #end(): void {
    this.isOver = true;
    this.#forget?.();
  }

  #meta(from: string, nowMs: number): RequestMeta {
    const leftMs = Math.max(1, Math.round(this.deadlineMs - nowMs));
    const timeoutMs = Math.min(leftMs, this.route.policy?.attemptTimeoutMs ?? leftMs);
    const { options, origin } = this;
    // Built plainly, and at once where there is nothing to say: it is built per call.
    if (options === NO_OPTIONS && origin === undefined) return { timeoutMs, from };
    return { timeoutMs, from, ...adviceOf(options, origin) };
  }

  #note(code: string, nowMs: number): void {
    const { instance = '' } = this.#peer ?? {};
    this.onAttempt?.({ instance, breaker: this.#breaker, durationMs: nowMs - this.#sentMs, code });
  }
}
