/**
 * The parts that a simulation drives, as they are; and each with one rule broken on purpose: a judge that does not find that
 * proves nothing.
 */
import { ActionQueue, type ActionQueueOptions, type Admission } from '../../agents/sdk/actions/action-queue.js';
import { type Claim, ResultWindow, type ResultWindowOptions } from '../../agents/sdk/actions/result-window.js';
import type { Candidate } from '../../agents/sdk/calls/choice/strategies/strategy.js';
import { Breaker } from '../../agents/sdk/calls/policies/breaker.js';
import { RetryBudget } from '../../agents/sdk/calls/policies/retry-budget.js';

/** What is broken, and what the judge must say to it. */
export const sabotages = {
  'a window that remembers nothing': 'a call with a key ran twice',
  'a queue that reverses priorities': 'a call was overtaken',
  'a queue that forgets': 'calls were forgotten in a queue',
  'a budget without an end': 'the budget was exceeded',
  'a breaker that never tries again': 'a breaker never turned',
  'a balancer that forgets one': 'an instance was starved',
  'a key that wanders': 'a call with a key ran twice',
} as const;
export type Sabotage = keyof typeof sabotages;
export const allSabotages = Object.keys(sabotages) as Sabotage[];

export interface Parts<Call, Run, Answer> {
  queue(options: ActionQueueOptions): ActionQueue<Call>;
  window(options: ResultWindowOptions): ResultWindow<Run, Answer>;
  budget(): RetryBudget;
  breaker(onChange: () => void): Breaker;
  /** A call with a key goes again to whoever may have run it, as long as that lives. */
  readonly bindsKeys: boolean;
  /** Whom the balancer may choose from. */
  seen<C extends Candidate>(candidates: readonly C[]): readonly C[];
}

export function partsOf<Call, Run, Answer>(sabotage?: Sabotage): Parts<Call, Run, Answer> {
  const is = (broken: Sabotage) => sabotage === broken;
  return {
    queue: (options) => {
      if (is('a queue that reverses priorities')) return new ReversedQueue(options);
      return is('a queue that forgets') ? new LeakyQueue(options) : new ActionQueue(options);
    },
    window: (options) =>
      is('a window that remembers nothing') ? new ForgetfulWindow(options) : new ResultWindow(options),
    budget: () => (is('a budget without an end') ? new EndlessBudget() : new RetryBudget()),
    breaker: (onChange) =>
      is('a breaker that never tries again') ? new StuckBreaker(onChange) : new Breaker(onChange),
    bindsKeys: !is('a key that wanders'),
    seen: (candidates) =>
      is('a balancer that forgets one') ? candidates.filter(({ instance }) => !FORGOTTEN.test(instance)) : candidates,
  };
}

const FORGOTTEN = /^worker-0@/;

class ForgetfulWindow<Run, Answer> extends ResultWindow<Run, Answer> {
  override claim(name: string, digest: string, run: Run, nowMs: number): Claim<Run, Answer> {
    this.forget(name);
    super.claim(name, digest, run, nowMs);
    return { kind: 'run' };
  }
}

class ReversedQueue<Call> extends ActionQueue<Call> {
  override offer(call: Call, priority: number, deadlineMs: number, nowMs: number): Admission<Call> {
    return super.offer(call, 9 - priority, deadlineMs, nowMs);
  }
}

/** Of those that wait one in a hundred is never heard of again. */
class LeakyQueue<Call> extends ActionQueue<Call> {
  #count = 0;

  override offer(call: Call, priority: number, deadlineMs: number, nowMs: number): Admission<Call> {
    const admission = super.offer(call, priority, deadlineMs, nowMs);
    if (admission.kind === 'wait' && ++this.#count % 100 === 0) this.remove(admission.ticket);
    return admission;
  }
}

class EndlessBudget extends RetryBudget {
  override take(nowMs: number): boolean {
    super.take(nowMs);
    return true;
  }
}

class StuckBreaker extends Breaker {
  override admits(): boolean {
    return this.state === 'closed';
  }

  override onSent(): void {
    // Closed it has nothing to do, and open it takes no trial for one.
  }
}
