/** The routes of a process, by what its callers write: a caller names the same few targets again and again. */

import { limits } from '../../../common/core/limits.js';
import type { CallPolicy } from '../../../common/protocol/call-policy.js';
import { type CallTarget, checkCallTarget, parseCallTarget } from '../../../common/protocol/name.js';
import type { CallAddress } from './call.js';
import { createStrategy } from './choice/strategies/strategies.js';
import type { Strategy } from './choice/strategies/strategy.js';
import { RetryBudget, type RetryBudgetOptions, retryBudgetDefaults } from './policies/retry-budget.js';
import { Route, type RouteSources } from './route.js';

export class Routes {
  readonly #byText = new Map<string, Route>();
  readonly #budgets = new Map<string, RetryBudget>();
  readonly #sources: RouteSources;

  constructor(
    sources: Omit<RouteSources, 'budgetOf' | 'strategyOf'>,
    private readonly random: () => number,
  ) {
    this.#sources = {
      ...sources,
      budgetOf: (service, options) => this.#budgetOf(service, options),
      strategyOf: (policy) => this.#strategyOf(policy),
    };
  }

  /** @throws INVALID_INPUT */
  of(address: string | CallAddress): Route {
    const text = typeof address === 'string' ? address : keyOf(address);
    return this.#byText.get(text) ?? this.#add(text, address);
  }

  #add(text: string, address: string | CallAddress): Route {
    const target: CallTarget = typeof address === 'string' ? parseCallTarget(address) : checkCallTarget(address);
    if (this.#byText.size >= ROUTES_MAX) {
      this.#byText.clear();
      this.#budgets.clear();
    }
    const route = new Route(target, this.#sources);
    this.#byText.set(text, route);
    return route;
  }

  #budgetOf(service: string, options: Partial<RetryBudgetOptions> | undefined): RetryBudget {
    const { ratio, minPerSecond } = { ...retryBudgetDefaults, ...options };
    const key = `${service} ${ratio} ${minPerSecond}`;
    let budget = this.#budgets.get(key);
    if (budget === undefined) {
      budget = new RetryBudget({ ratio, minPerSecond });
      this.#budgets.set(key, budget);
    }
    return budget;
  }

  #strategyOf(policy: CallPolicy | undefined): Strategy {
    const { strategy = 'least-latency', localityWeight = limits.localityWeight } = policy ?? {};
    return createStrategy(strategy, { localityWeight, random: this.random });
  }
}

/** No text form of a target has a line break. */
const keyOf = ({ service, capability, version, machine, action }: CallAddress): string =>
  `${service}\n${capability}\n${version}\n${machine}\n${action}`;

/** Far more than a program names; one that makes up names is not remembered for ever. */
const ROUTES_MAX = 1_024;
