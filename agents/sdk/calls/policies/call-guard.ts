/**
 * The way of a call that a policy speaks of: it leaves a trail, and goes through a bulkhead and a fallback where the policy
 * has them. They are loaded with the first call that needs them: most processes never do.
 */
import { toMeshError } from '../../../../common/core/errors.js';
import type { CallPolicy } from '../../../../common/protocol/call-policy.js';
import type { CallTarget } from '../../../../common/protocol/name.js';
import { type AttemptRecord, CallTrail } from './call-trail.js';
import type { GuardedCall, Resilience } from './resilience.js';

export interface PolicyCall extends GuardedCall {
  readonly target: CallTarget;
  /** Makes the call, with its repeats, in so much time. */
  make(timeoutMs: number, onAttempt: (attempt: AttemptRecord) => void): Promise<unknown>;
}

export class CallGuard {
  readonly trail = new CallTrail();
  #loading: Promise<Resilience> | undefined;
  #resilience: Resilience | undefined;

  async run(call: PolicyCall): Promise<unknown> {
    const { policy, target, timeoutMs, make } = call;
    const note = this.trail.begin(target.service, target.action);
    const onAttempt = (attempt: AttemptRecord) => note.attempt(attempt);
    try {
      const answer = isPlain(policy)
        ? await make(timeoutMs, onAttempt)
        : await (this.#resilience ?? (await this.#load())).run(call, (ms) => make(ms, onAttempt), note);
      note.end('');
      return answer;
    } catch (error) {
      note.end(toMeshError(error).code);
      throw error;
    }
  }

  async #load(): Promise<Resilience> {
    this.#loading ??= import('./resilience.js').then(({ Resilience }) => new Resilience());
    this.#resilience = await this.#loading;
    return this.#resilience;
  }
}

/** Whatever else it says is heeded by whoever makes the call. */
const isPlain = ({ bulkhead, fallback }: CallPolicy): boolean => bulkhead === undefined && fallback === undefined;
