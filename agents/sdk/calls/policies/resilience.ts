/**
 * What stands around a call where a policy wants it: the bulkhead, which lets only so many calls of an action out at once,
 * and the fallback, which is what the caller gets instead of an error. Repeats, time and breaker are within, at the router,
 * because they need to know which instance was asked. The only importer of cockatiel, and loaded by the first call that
 * needs it.
 *
 * R1  A call that waits for room spends its own time: what it is made with is what is left.
 * R2  A call that found no room did not run: OVERLOADED.
 * R3  The fallback stands in for a service that fails, never for a caller that asks wrongly or has given up.
 * R4  Where another action stands in, the call itself has half of the time: else the one that waits longest, because nobody
 *     serves, would leave none to ask it in.
 * R5  Nobody stands in for himself: a rule for all may name one of them.
 * R6  A fallback has none of its own; when its target fails too the caller gets the first error, which tells of the second.
 */
import { type BulkheadPolicy, BulkheadRejectedError, bulkhead, fallback, handleWhen } from 'cockatiel';
import { type Clock, systemClock, within } from '../../../../common/core/clock.js';
import { type ErrorCode, MeshError, toMeshError } from '../../../../common/core/errors.js';
import type { CallPolicy } from '../../../../common/protocol/call-policy.js';
import { BulkheadTurn } from './bulkhead-turn.js';
import type { CallNote } from './call-trail.js';

export interface GuardedCall {
  /** `vision.detect`: all calls of that name share a bulkhead. */
  readonly name: string;
  readonly policy: CallPolicy;
  readonly timeoutMs: number;
  /** Each gives it up. */
  readonly signals: readonly AbortSignal[];
  /** Asks the target of the fallback the same, without a fallback of its own. */
  makeInstead(target: string, timeoutMs: number): Promise<unknown>;
}

/** Makes the call, with its repeats, in so much time. */
export type Make = (timeoutMs: number) => Promise<unknown>;

type Bulkhead = NonNullable<CallPolicy['bulkhead']>;
type Fallback = NonNullable<CallPolicy['fallback']>;

interface Wait {
  readonly room: Bulkhead;
  readonly policy: BulkheadPolicy;
  readonly timeoutMs: number;
}

/** The service could not, or did not, answer: the same input may be answered by somebody else. */
const FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNREACHABLE',
  'TIMED_OUT',
  'CONNECTION_LOST',
  'AGENT_CRASHED',
  'CIRCUIT_OPEN',
  'OVERLOADED',
  'QUEUE_FULL',
  'EXPIRED',
  'CLOSED',
  'ACTION_FAILED',
  'INVALID_OUTPUT',
  'INTERNAL',
]);

/** One policy for all calls: to make one for each costs more than the call. */
const STAND_IN = Symbol('somebody is to stand in');
const orStandIn = fallback(
  handleWhen((error) => FAILURES.has(toMeshError(error).code)),
  STAND_IN,
);

export class Resilience {
  readonly #bulkheads = new Map<string, { readonly rule: Bulkhead; readonly policy: BulkheadPolicy }>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** @throws OVERLOADED, INTERRUPTED, and whatever the call throws */
  run(call: GuardedCall, make: Make, note: CallNote): Promise<unknown> {
    const { policy, name, timeoutMs } = call;
    const { fallback: instead } = policy;
    if (instead === undefined || instead.target === name) return this.#make(call, make, note, timeoutMs);
    return this.#orInstead(call, instead, make, note);
  }

  async #orInstead(call: GuardedCall, instead: Fallback, make: Make, note: CallNote): Promise<unknown> {
    const { timeoutMs } = call;
    const deadlineMs = this.clock.monotonicMs() + timeoutMs;
    const ownMs = instead.target === undefined ? timeoutMs : timeoutMs * OWN_SHARE;
    let failure: unknown;
    const answer = await orStandIn.execute(async () => {
      try {
        return await this.#make(call, make, note, ownMs);
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (answer !== STAND_IN) return answer;
    return this.#fallBack(call, instead, toMeshError(failure), note, deadlineMs);
  }

  async #fallBack(
    { makeInstead }: GuardedCall,
    { target, value }: Fallback,
    failure: MeshError,
    note: CallNote,
    deadlineMs: number,
  ): Promise<unknown> {
    if (target === undefined) {
      note.fellBack('value');
      return value;
    }
    const leftMs = deadlineMs - this.clock.monotonicMs();
    if (leftMs < 1) throw withDetail(failure, { target, code: 'EXPIRED', message: 'no time was left for it' });
    try {
      const answer = await makeInstead(target, leftMs);
      note.fellBack(target);
      return answer;
    } catch (error) {
      const { code, message } = toMeshError(error);
      throw withDetail(failure, { target, code, message });
    }
  }

  #make(call: GuardedCall, make: Make, note: CallNote, timeoutMs: number): Promise<unknown> {
    const { bulkhead: room } = call.policy;
    if (room === undefined) return make(timeoutMs);
    const policy = this.#bulkheadOf(call.name, room);
    if (policy.executionSlots > 0) return policy.execute(() => make(timeoutMs));
    return this.#waitForRoom(call, { room, policy, timeoutMs }, make, note);
  }

  async #waitForRoom(
    { name, signals }: GuardedCall,
    { room, policy, timeoutMs }: Wait,
    make: Make,
    note: CallNote,
  ): Promise<unknown> {
    const waitedSinceMs = this.clock.monotonicMs();
    const turn = new BulkheadTurn();
    const giveUp = () => turn.giveUp(interrupted(name));
    for (const signal of signals) signal.addEventListener('abort', giveUp, { once: true });
    const done = policy.execute(() => {
      turn.come();
      const nowMs = this.clock.monotonicMs();
      note.waited(nowMs - waitedSinceMs);
      return make(Math.max(1, waitedSinceMs + timeoutMs - nowMs));
    }, turn.signal);
    try {
      await within(Promise.race([turn.coming, done]), timeoutMs, () => noRoom(name, room, timeoutMs));
      return await done;
    } catch (error) {
      turn.giveUp(error);
      done.catch(() => undefined); // one that waits no more is refused when its turn would have come
      throw error instanceof BulkheadRejectedError ? noRoom(name, room) : error;
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', giveUp);
    }
  }

  /** One for each action; another one when its rule says something else, beside which the calls of the old one end. */
  #bulkheadOf(name: string, rule: Bulkhead): BulkheadPolicy {
    const known = this.#bulkheads.get(name);
    if (known?.rule.concurrency === rule.concurrency && known.rule.queueMax === rule.queueMax) return known.policy;
    if (this.#bulkheads.size >= BULKHEADS_MAX) this.#forgetIdle();
    const policy = bulkhead(rule.concurrency, rule.queueMax ?? 0);
    this.#bulkheads.set(name, { rule, policy });
    return policy;
  }

  #forgetIdle(): void {
    for (const [name, { rule, policy }] of this.#bulkheads)
      if (policy.executionSlots === rule.concurrency) this.#bulkheads.delete(name);
  }
}

const OWN_SHARE = 0.5;
/** Far more actions than a program calls; one that makes up names keeps none that is at rest. */
const BULKHEADS_MAX = 1_024;

const noRoom = (name: string, { concurrency, queueMax = 0 }: Bulkhead, waitedMs?: number): MeshError => {
  const why = waitedMs === undefined ? `and ${queueMax} wait for one of them` : `and none has ended in ${waitedMs} ms`;
  return new MeshError('OVERLOADED', `${name} was not called: ${concurrency} calls of it are out already, ${why}`, {
    hint: `call it less at once, or raise its bulkhead: "mesh policy test ${name}" says where it stands`,
    details: { concurrency, queueMax },
  });
};

const interrupted = (name: string): MeshError =>
  new MeshError('INTERRUPTED', `the call of ${name} was given up while it waited for room`);

const withDetail = ({ code, message, hint, details, stack }: MeshError, fallback: Record<string, unknown>): MeshError =>
  Object.assign(
    new MeshError(code, message, { ...(hint === undefined ? {} : { hint }), details: { ...details, fallback } }),
    { stack },
  );
