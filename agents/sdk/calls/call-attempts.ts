/**
 * The attempts of calls: whom each goes to, and what is done when one fails.
 *
 * A1  A call ends exactly once: with the answer, or with a typed error, at the latest when its time is over.
 * A2  What may have run is made again only where that is harmless: the action is idempotent, or the call has a key. What did
 *     not run is made again, elsewhere if there is somebody else, as long as there are retries, budget and time.
 * A3  Where nobody serves, a call waits for somebody within its time, if somebody may come; then it says who there is.
 * A4  Whose connection broke while a call was out that must not run twice elsewhere, that call learns first whether the agent
 *     died: one with a key goes to the same instance as long as that lives, because only there is its answer known.
 */
import { backoffMs } from '../../../common/core/backoff.js';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { retriesOf } from './call-options.js';
import { avoidedMs, type Fate, mayRepeat, signOf } from './outcome.js';
import type { CallMaker, OutgoingCall } from './outgoing-call.js';
import type { Peer } from './peer.js';
import { WaitingCalls } from './waiting-calls.js';

export class CallAttempts implements CallMaker {
  readonly counters = { repeats: 0, waits: 0, circuitRefusals: 0, crashes: 0 };
  readonly waiting = new WaitingCalls();

  /**
   * @param from `agent@machine` of the caller.
   * @param random in [0, 1)
   */
  constructor(
    private readonly from: string,
    private readonly random: () => number,
  ) {}

  attempt(call: OutgoingCall, nowMs: number): void {
    const peer = choose(call, nowMs);
    if (peer === undefined) return this.#onNobody(call, nowMs);
    try {
      call.send(peer, this.from, nowMs);
    } catch (thrown) {
      const error = toMeshError(thrown);
      // Its queue is full, or it has just gone: somebody else may take it. Anything else is the call's own fault.
      if (error.retryable) this.#decide(call, error, 'unsent', peer, nowMs);
      else call.fail(error);
    }
  }

  onFailure(call: OutgoingCall, error: MeshError, fate: Fate, nowMs: number): void {
    const { peer, route, sentMs } = call;
    if (peer === undefined) return call.fail(error);
    peer.onFailure(signOf(error, fate), sentMs, nowMs, avoidedMs(error), route.breaker);
    if (error.code === 'AGENT_CRASHED' && fate !== 'answered') this.counters.crashes++;
    if (this.#isInDoubt(call, error, fate, peer, nowMs)) {
      return peer.suspend(route.target.action, error, (verdict) => {
        if (verdict.code === 'AGENT_CRASHED') this.counters.crashes++;
        this.#decide(call, verdict, fate, peer, systemClock.monotonicMs());
      });
    }
    this.#decide(call, error, fate, peer, nowMs);
  }

  /** It waited in vain. */
  onLate(call: OutgoingCall, nowMs: number): void {
    call.fail(call.route.current().whyNobody(nowMs).error);
  }

  forget(call: OutgoingCall): void {
    this.waiting.delete(call);
  }

  /** Rows have changed. */
  wake(): void {
    this.waiting.wake(systemClock.monotonicMs());
  }

  /** What waits fails with CLOSED, and what fails from now on is not made again. */
  close(): void {
    for (const call of this.waiting.close())
      call.fail(new MeshError('CLOSED', 'the connection to the mesh was closed'));
  }

  /** Harmless everywhere: no need to know. Too little time: no time to know. */
  #isInDoubt(call: OutgoingCall, { code }: MeshError, fate: Fate, peer: Peer, nowMs: number): boolean {
    if (code !== 'CONNECTION_LOST' || fate !== 'sent' || this.waiting.isClosed) return false;
    return !isIdempotent(call, peer) && call.deadlineMs - nowMs > limits.linkVerdictMs;
  }

  #decide(call: OutgoingCall, error: MeshError, fate: Fate, peer: Peer, nowMs: number): void {
    if (call.isOver) return;
    const { route, options } = call;
    const isHarmless = options.idempotencyKey !== undefined || isIdempotent(call, peer);
    const isPossible =
      !this.waiting.isClosed &&
      nowMs < call.deadlineMs &&
      call.repeats < retriesOf(options, route.policy) &&
      mayRepeat(error, fate, isHarmless);
    if (!isPossible || !route.budget.take(nowMs)) return call.fail(error);
    this.counters.repeats++;
    call.repeats++;
    call.failed = peer;
    if (this.#isElsewhere(call, peer, nowMs)) return this.attempt(call, nowMs);
    const waitMs = Math.max(backoffMs(REPEAT, call.repeats, this.random()), error.retryable ? retryAfterMs(error) : 0);
    this.#wait(call, nowMs + waitMs, error);
  }

  #isElsewhere(call: OutgoingCall, peer: Peer, nowMs: number): boolean {
    const { balancer } = call.route.current();
    const { idempotencyKey: key } = call.options;
    if (key === undefined) return balancer.hasAnother(nowMs, peer);
    const next = call.holder ?? balancer.chooseFor(key, nowMs);
    return next !== undefined && next !== peer;
  }

  #onNobody(call: OutgoingCall, nowMs: number): void {
    const { error, mayCome } = call.route.whyNobody(nowMs);
    if (error.code === 'CIRCUIT_OPEN') this.counters.circuitRefusals++;
    if (!mayCome || this.waiting.isClosed) return call.fail(error);
    this.#wait(call, Number.POSITIVE_INFINITY, error);
  }

  #wait(call: OutgoingCall, dueMs: number, why: MeshError): void {
    this.counters.waits++;
    if (this.waiting.add(call, dueMs)) return;
    call.fail(
      new MeshError('QUEUE_FULL', `${this.waiting.count} calls wait already; ${call.route.name} was not called`, {
        hint: why.message,
        cause: why,
      }),
    );
  }
}

function choose(call: OutgoingCall, nowMs: number): Peer | undefined {
  const { balancer } = call.route.current();
  const { idempotencyKey: key } = call.options;
  return key === undefined ? balancer.choose(nowMs, call.failed) : (call.holder ?? balancer.chooseFor(key, nowMs));
}

/** Running it twice does what running it once does, wherever: its policy says so, or the action does. */
const isIdempotent = ({ route }: OutgoingCall, peer: Peer): boolean =>
  route.policy?.idempotent ?? peer.isIdempotent(route.target.action);

const retryAfterMs = ({ details }: MeshError): number =>
  typeof details?.['retryAfterMs'] === 'number' ? details['retryAfterMs'] : 0;

const REPEAT = { firstMs: limits.callRepeatFirstMs, maxMs: limits.callRepeatMaxMs, factor: 2 };
