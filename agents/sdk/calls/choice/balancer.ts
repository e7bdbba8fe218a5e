/**
 * Which instance a call goes to, among those that the registry names. Pure: time, dice and rows come in.
 *
 * B1  Ready before busy, and both before out of reach: within the best rank that has somebody the strategy decides.
 * B2  Who is to be left alone is not chosen; when its time has come one call tries it.
 * B3  What is true of the instances is reckoned when it changes, not per call: a call costs the same among five hundred.
 */

import type { Standing } from './standing.js';
import { chooseByKey } from './strategies/by-key.js';
import { type Group, groupOf, type Strategy } from './strategies/strategy.js';

/** An instance with its rank: the lower the better. */
export interface Ranked<S extends Standing> {
  readonly standing: S;
  readonly rank: number;
}

/** Goes up with every shift of any standing: one count for all balancers, because shifts are rare. */
export class Shifts {
  count = 0;
  readonly note = (): void => {
    this.count++;
  };
}

export class Balancer<S extends Standing> {
  #ranked: readonly Ranked<S>[] = [];
  #group: Group<S> | undefined;
  /** Not chosen unless tried. */
  #leftAlone: readonly S[] = [];
  #tryAtMs = Number.POSITIVE_INFINITY;
  #seenShifts = -1;

  constructor(
    private strategy: Strategy,
    private readonly shifts: Shifts,
  ) {}

  /** Who there is, by name; and how to choose, if that changed. */
  replace(ranked: readonly Ranked<S>[], strategy: Strategy = this.strategy): void {
    this.#ranked = ranked;
    this.strategy = strategy;
    this.#seenShifts = -1;
  }

  get standings(): readonly S[] {
    return this.#ranked.map(({ standing }) => standing);
  }

  /** Undefined when nobody may be called now. @param not rather not this one: it has just failed. */
  choose(nowMs: number, not?: S): S | undefined {
    if (this.#seenShifts !== this.shifts.count) this.#regroup();
    if (nowMs >= this.#tryAtMs) {
      const trial = this.#leftAlone.find((standing) => standing !== not && standing.breaker.admits(nowMs));
      if (trial !== undefined) return trial;
    }
    const group = this.#group;
    if (group === undefined) return undefined;
    if (not !== undefined) return this.#chooseAnother(group, nowMs, not);
    const [only] = group.all;
    return group.all.length === 1 ? only : this.strategy.choose(group, nowMs);
  }

  /** The one that has, or would have, the answer to this key. */
  chooseFor(key: string, nowMs: number): S | undefined {
    const admitted = this.#ranked.filter(({ standing }) => standing.breaker.admits(nowMs));
    const inReach = admitted.filter(({ rank }) => rank < OUT_OF_REACH);
    const candidates = (inReach.length > 0 ? inReach : admitted).map(({ standing }) => standing);
    return candidates.length === 0 ? undefined : chooseByKey(candidates, key);
  }

  /** Whether somebody else than `not` can take a call now. */
  hasAnother(nowMs: number, not: S): boolean {
    return this.#ranked.some(({ standing }) => standing !== not && standing.breaker.admits(nowMs));
  }

  #chooseAnother(group: Group<S>, nowMs: number, not: S): S | undefined {
    const others = group.all.filter((standing) => standing !== not);
    if (others.length > 0) return this.strategy.choose(groupOf(others), nowMs);
    const worse = this.#ranked.find(({ standing }) => standing !== not && standing.breaker.admits(nowMs));
    return worse?.standing ?? group.all[0];
  }

  #regroup(): void {
    this.#seenShifts = this.shifts.count;
    let best: S[] = [];
    let bestRank = Number.POSITIVE_INFINITY;
    for (const { standing, rank } of this.#ranked) {
      if (standing.breaker.state !== 'closed') continue;
      const actual = rank + (standing.isBroken ? BROKEN : 0);
      if (actual < bestRank) [best, bestRank] = [[], actual];
      if (actual === bestRank) best.push(standing);
    }
    this.#group = best.length > 0 ? groupOf(best) : undefined;
    this.#leftAlone = this.#ranked
      .filter(({ standing, rank }) => standing.breaker.state !== 'closed' && rank <= bestRank)
      .map(({ standing }) => standing);
    this.#tryAtMs = this.#leftAlone.reduce(
      (ms, { breaker }) => Math.min(ms, breaker.tryAtMs),
      Number.POSITIVE_INFINITY,
    );
  }
}

/** The first rank of those whose machine does not answer. */
const OUT_OF_REACH = 2;
/** Between busy and ready: its connection comes back in a moment, or the registry soon says why it does not. */
const BROKEN = 0.5;
