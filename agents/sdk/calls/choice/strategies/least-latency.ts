/**
 * The cheaper of two at random, near ones first. Comparing two and not all is what keeps many callers, who all see the same
 * old figures, from running to the same instance; and it costs the same for three instances and for five hundred.
 */
import { type Candidate, type Group, pick, type Strategy, type StrategyOptions, worth } from './strategy.js';

export class LeastLatency implements Strategy {
  constructor(private readonly options: StrategyOptions) {}

  choose<C extends Candidate>({ near, far }: Group<C>, nowMs: number): C {
    if (near.length === 0) return this.#ofTwo(far, nowMs);
    if (far.length === 0) return this.#ofTwo(near, nowMs);
    // A near one is always looked at: it is the better one unless it costs so many times as much.
    return this.#cheaper(this.#ofTwo(near, nowMs), pick(far, this.options.random), nowMs);
  }

  /** Two different ones: one who is compared with itself wins, however slow it is. */
  #ofTwo<C extends Candidate>(list: readonly C[], nowMs: number): C {
    const { random } = this.options;
    if (list.length === 1) return pick(list, random);
    const one = Math.floor(random() * list.length);
    const other = (one + 1 + Math.floor(random() * (list.length - 1))) % list.length;
    return this.#cheaper(list[one] ?? pick(list, random), list[other] ?? pick(list, random), nowMs);
  }

  #cheaper<C extends Candidate>(one: C, other: C, nowMs: number): C {
    const { localityWeight } = this.options;
    const costOf = (candidate: C) => candidate.load.cost(nowMs) / worth(candidate, localityWeight);
    return costOf(other) < costOf(one) ? other : one;
  }
}
