/**
 * A process that calls: the real balancer, standings, breakers, budget and rules of repeating, put together as the router
 * of a process does it, and connections that can break.
 */
import { Balancer, Shifts } from '../../agents/sdk/calls/choice/balancer.js';
import { Standing } from '../../agents/sdk/calls/choice/standing.js';
import { createStrategy } from '../../agents/sdk/calls/choice/strategies/strategies.js';
import { avoidedMs, type Fate, mayRepeat, signOf } from '../../agents/sdk/calls/outcome.js';
import type { Breaker, BreakerState } from '../../agents/sdk/calls/policies/breaker.js';
import type { RetryBudget } from '../../agents/sdk/calls/policies/retry-budget.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Random } from '../support/random.js';
import type { SimCall, SimRequest } from './call.js';
import type { Callee, CalleeParts } from './callee.js';
import type { Ledger } from './ledger.js';
import type { Timeline } from './timeline.js';

/** One incarnation of an instance, as this process stands with it. */
class Peer extends Standing {
  /** Of the connection: what was sent on an earlier one is not answered on this one. */
  connection = 0;
  /** When it is there again. */
  upAtMs = 0;
  readonly out = new Set<Attempt>();
  isGone = false;
  isBusy = false;
  override readonly breaker: Breaker;
  #state: BreakerState = 'closed';

  constructor(
    readonly callee: Callee,
    near: boolean,
    parts: CalleeParts,
    onShift: () => void,
  ) {
    super({ instance: callee.instance, near, onShift });
    this.breaker = parts.breaker(onShift);
  }

  /** The turn that its breaker took since the last look. */
  turn(): readonly [BreakerState, BreakerState] | undefined {
    const before = this.#state;
    this.#state = this.breaker.state;
    return this.#state === before ? undefined : [before, this.#state];
  }
}

interface Attempt extends SimRequest {
  readonly sentMs: number;
  readonly peer: Peer;
}

/** A call that has not settled. */
interface Open {
  readonly call: SimCall;
  retriesLeft: number;
  attempt: Attempt | undefined;
  /** Where a call with a key may have run: as long as that incarnation lives the key is known there alone. */
  bound: Peer | undefined;
  failedAt: Peer | undefined;
  lastError: MeshError;
  repeatMs: number;
}

export interface CallerOptions {
  readonly index: number;
  readonly machine: string;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly parts: CalleeParts;
}

const LOOK_AGAIN_MS = 20;
const RECONNECT_MS = [100, 300] as const;
const WAY_MS_MIN = 0.05;
const WAY_MS_MAX = 0.6;

export class Caller {
  /** Calls that each instance was given since the last look. */
  readonly given = new Map<string, number>();
  readonly #peers = new Map<string, Peer>();
  readonly #shifts = new Shifts();
  readonly #balancer: Balancer<Peer>;
  readonly #budget: RetryBudget;
  readonly #open = new Map<number, Open>();

  constructor(private readonly options: CallerOptions) {
    const random = () => options.random.next();
    const strategy = createStrategy('least-latency', { localityWeight: limits.localityWeight, random });
    this.#balancer = new Balancer<Peer>(strategy, this.#shifts);
    this.#budget = options.parts.budget();
  }

  /** The registry says that an incarnation serves, or stands still. */
  onServing(callee: Callee, isBusy: boolean): void {
    const known = this.#peers.get(callee.instance);
    if (known === undefined || known.isGone) {
      const { ledger, machine, parts } = this.options;
      const peer: Peer = new Peer(callee, callee.instance.endsWith(`@${machine}`), parts, () => {
        this.#shifts.note();
        const turn = peer.turn();
        if (turn !== undefined) ledger.onBreaker(...turn);
      });
      this.#peers.set(callee.instance, peer);
    } else known.isBusy = isBusy;
    this.#rank();
  }

  /** The registry says that it died: what is out there has failed. */
  onDeath(callee: Callee): void {
    const peer = this.#peers.get(callee.instance);
    if (peer === undefined || peer.isGone) return;
    peer.isGone = true;
    this.#rank();
    this.#failOut(peer, 'AGENT_CRASHED');
  }

  /** The connection to it breaks; what was sent on it is not answered. */
  cut(instance: string): void {
    const peer = this.#peers.get(instance);
    if (peer === undefined || peer.isGone) return;
    const { timeline, random } = this.options;
    const connection = ++peer.connection;
    const downMs = random.between(...RECONNECT_MS);
    peer.upAtMs = timeline.nowMs + downMs;
    peer.onLost(timeline.nowMs);
    timeline.after(downMs, () => {
      if (peer.connection === connection) peer.isBroken = false;
    });
    this.#failOut(peer, 'CONNECTION_LOST');
  }

  call(call: SimCall): void {
    const { ledger, timeline, index } = this.options;
    ledger.onIssued(call.id, index, call.deadlineMs, timeline.nowMs);
    this.#budget.onCall();
    const open: Open = {
      call,
      retriesLeft: limits.callRetries,
      attempt: undefined,
      bound: undefined,
      failedAt: undefined,
      lastError: new MeshError('UNREACHABLE'),
      repeatMs: limits.callRepeatFirstMs,
    };
    this.#open.set(call.id, open);
    timeline.after(call.deadlineMs - timeline.nowMs, () => this.#onDeadline(open));
    this.#attempt(open);
  }

  #attempt(open: Open): void {
    const { timeline } = this.options;
    if (!this.#open.has(open.call.id)) return;
    const peer = this.#choose(open, timeline.nowMs);
    if (peer !== undefined) return this.#send(open, peer);
    // Somebody may come, or be tried again.
    timeline.after(LOOK_AGAIN_MS, () => this.#attempt(open));
  }

  #choose({ call: { key }, bound, failedAt }: Open, nowMs: number): Peer | undefined {
    if (bound !== undefined && !bound.isGone) return bound;
    if (key !== undefined) return this.#balancer.chooseFor(key, nowMs);
    return this.#balancer.choose(nowMs, failedAt?.isGone === true ? undefined : failedAt);
  }

  #send(open: Open, peer: Peer): void {
    const { timeline } = this.options;
    const { call } = open;
    const { connection } = peer;
    const { incarnation } = peer.callee;
    const isLost = () => peer.connection !== connection || peer.callee.incarnation !== incarnation;
    const attempt: Attempt = {
      call,
      attempt: (open.attempt?.attempt ?? 0) + 1,
      sentMs: timeline.nowMs,
      peer,
      answer: (error) => {
        timeline.after(this.#wayMs(), () => {
          if (!isLost() && peer.callee.isAlive && open.attempt === attempt) this.#onAnswer(open, attempt, error);
        });
      },
    };
    open.attempt = attempt;
    if (call.key !== undefined && this.options.parts.bindsKeys) open.bound = peer;
    peer.out.add(attempt);
    peer.onSent(attempt.sentMs);
    this.given.set(peer.instance, (this.given.get(peer.instance) ?? 0) + 1);
    const delayMs = Math.max(0, peer.upAtMs - timeline.nowMs) + this.#wayMs();
    timeline.after(delayMs, () => {
      if (!isLost()) peer.callee.receive(attempt);
    });
    if (call.attemptTimeoutMs !== undefined) {
      timeline.after(call.attemptTimeoutMs, () => this.#onAttemptLate(open, attempt));
    }
  }

  #onAnswer(open: Open, attempt: Attempt, error: MeshError | undefined): void {
    if (!attempt.peer.out.delete(attempt)) return;
    if (error !== undefined) return this.#onFailure(open, attempt, error, 'answered');
    attempt.peer.onAnswer(attempt.sentMs, this.options.timeline.nowMs);
    this.#settle(open, 'done');
  }

  #failOut(peer: Peer, code: 'AGENT_CRASHED' | 'CONNECTION_LOST'): void {
    for (const attempt of [...peer.out]) {
      peer.out.delete(attempt);
      const open = this.#open.get(attempt.call.id);
      if (open?.attempt === attempt) this.#onFailure(open, attempt, new MeshError(code), 'sent');
    }
  }

  #onFailure(open: Open, attempt: Attempt, error: MeshError, fate: Fate): void {
    const { timeline, ledger, index } = this.options;
    const { nowMs } = timeline;
    const { call } = open;
    attempt.peer.onFailure(signOf(error, fate), attempt.sentMs, nowMs, avoidedMs(error));
    open.lastError = error;
    // It was refused before it ran: its key is known nowhere.
    if (fate === 'answered') open.bound = undefined;
    if (!mayRepeat(error, fate, call.key !== undefined) || open.retriesLeft === 0)
      return this.#settle(open, error.code);
    if (!this.#budget.take(nowMs)) return this.#settle(open, error.code);
    open.retriesLeft--;
    ledger.onRepeat(index, nowMs);
    open.failedAt = attempt.peer;
    const waits = open.bound !== undefined || !this.#balancer.hasAnother(nowMs, attempt.peer);
    timeline.after(waits ? open.repeatMs : 0, () => this.#attempt(open));
    if (waits) open.repeatMs = Math.min(open.repeatMs * 2, limits.callRepeatMaxMs);
  }

  /** It is given up, and the call goes on if it may. */
  #onAttemptLate(open: Open, attempt: Attempt): void {
    if (!this.#open.has(open.call.id) || !attempt.peer.out.delete(attempt)) return;
    this.#cancel(attempt);
    this.#onFailure(open, attempt, new MeshError('TIMED_OUT'), 'sent');
  }

  #cancel(attempt: Attempt): void {
    this.options.timeline.after(this.#wayMs(), () => attempt.peer.callee.cancel(attempt));
  }

  #onDeadline(open: Open): void {
    if (!this.#open.has(open.call.id)) return;
    const { timeline } = this.options;
    const { attempt } = open;
    if (attempt === undefined || !attempt.peer.out.delete(attempt)) return this.#settle(open, open.lastError.code);
    const { peer, sentMs } = attempt;
    peer.onFailure('silent', sentMs, timeline.nowMs);
    this.#cancel(attempt);
    this.#settle(open, 'TIMED_OUT');
  }

  #settle({ call }: Open, outcome: string): void {
    if (!this.#open.delete(call.id)) return;
    this.options.ledger.onSettled(call.id, outcome, this.options.timeline.nowMs);
  }

  #rank(): void {
    const serving = [...this.#peers.values()].filter(({ isGone }) => !isGone);
    const seen = this.options.parts.seen(serving);
    this.#balancer.replace(seen.map((standing) => ({ standing, rank: standing.isBusy ? 1 : 0 })));
  }

  #wayMs(): number {
    return WAY_MS_MIN + this.options.random.next() * (WAY_MS_MAX - WAY_MS_MIN);
  }
}
