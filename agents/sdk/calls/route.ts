/**
 * A target that this process calls, with all that is known of it ahead of the call: its policy, who can be called, and how one
 * of them is chosen. Reckoned when the rows or the policies change; for a call there remain two comparisons.
 */
import type { CallPolicy } from '../../../common/protocol/call-policy.js';
import type { CallTarget } from '../../../common/protocol/name.js';
import type { AgentView } from '../../../common/protocol/registry-entry.js';
import { Balancer, type Shifts } from './choice/balancer.js';
import { rankOf } from './choice/eligible.js';
import type { InstanceDirectory } from './choice/instance-directory.js';
import type { Strategy } from './choice/strategies/strategy.js';
import { assertRange, isInRange, loadRanges } from './choice/version-range.js';
import { type Nobody, whyNobody } from './choice/why-nobody.js';
import type { Peer } from './peer.js';
import type { Peers } from './peers.js';
import { type BreakerOptions, breakerDefaults } from './policies/breaker.js';
import { circuitOpen } from './policies/circuit-open.js';
import type { PolicySource } from './policies/policy.js';
import type { RetryBudget, RetryBudgetOptions } from './policies/retry-budget.js';

/** What all routes of a process have in common. */
export interface RouteSources {
  readonly directory: Pick<InstanceDirectory, 'instancesOf' | 'all' | 'services'>;
  readonly peers: Pick<Peers, 'of'>;
  readonly policies: PolicySource;
  readonly shifts: Shifts;
  /** Calls of one service share it, whatever their targets. */
  budgetOf(service: string, options: Partial<RetryBudgetOptions> | undefined): RetryBudget;
  strategyOf(policy: CallPolicy | undefined): Strategy;
}

export class Route {
  readonly balancer: Balancer<Peer>;
  budget: RetryBudget;
  policy: CallPolicy | undefined;
  breaker: BreakerOptions = breakerDefaults;
  /** What its range of versions means is known, or it has none. */
  isRangeKnown: boolean;
  #views: readonly AgentView[] | undefined;
  #revision: string | undefined;

  constructor(
    readonly target: CallTarget,
    private readonly sources: RouteSources,
  ) {
    this.balancer = new Balancer<Peer>(sources.strategyOf(undefined), sources.shifts);
    this.budget = sources.budgetOf(this.#owner, undefined);
    this.isRangeKnown = target.version === undefined;
  }

  /** @throws INVALID_INPUT when its range is none */
  async knowRange(): Promise<void> {
    await loadRanges();
    assertRange(this.target.version ?? '*');
    this.isRangeKnown = true;
  }

  /** Brings it up to date, and answers itself. */
  current(): this {
    const { policies } = this.sources;
    const views = this.#viewsNow();
    const isOtherPolicy = policies.revision !== this.#revision;
    if (views === this.#views && !isOtherPolicy) return this;
    this.#views = views;
    this.#revision = policies.revision;
    this.#reckon(views, isOtherPolicy);
    return this;
  }

  /** For error texts: `vision.detect`. */
  get name(): string {
    return `${this.#owner}.${this.target.action}`;
  }

  /** Why there is nobody to call, at this moment. */
  whyNobody(nowMs: number): Nobody {
    const left = this.balancer.standings;
    if (left.length > 0) return { error: circuitOpen(this.name, left, nowMs), mayCome: false };
    const { services } = this.sources.directory;
    return whyNobody(this.target, { views: this.#viewsNow(), services }, isInRange);
  }

  get #owner(): string {
    return this.target.service ?? `{${this.target.capability}}`;
  }

  #viewsNow(): readonly AgentView[] {
    const { directory } = this.sources;
    return this.target.service === undefined ? directory.all : directory.instancesOf(this.target.service);
  }

  #reckon(views: readonly AgentView[], isOtherPolicy: boolean): void {
    const { target, sources } = this;
    const ranked = views.flatMap((view) => {
      const rank = rankOf(view, target, isInRange);
      return rank === undefined ? [] : [{ standing: sources.peers.of(view), rank }];
    });
    if (!isOtherPolicy) return this.balancer.replace(ranked);
    this.policy = sources.policies.policyOf(target.service, target.action);
    this.breaker = { ...breakerDefaults, ...this.policy?.breaker };
    this.budget = sources.budgetOf(this.#owner, this.policy?.retryBudget);
    this.balancer.replace(ranked, sources.strategyOf(this.policy));
  }
}
