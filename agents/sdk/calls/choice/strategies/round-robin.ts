/**
 * Each in turn, as often as it is worth, and the turns of one spread among those of the others (the smooth weighted round
 * robin of nginx): each earns its worth per call, the richest is chosen and pays the worth of all.
 */
import { type Candidate, type Group, pick, type Strategy, type StrategyOptions, worth } from './strategy.js';

export class RoundRobin implements Strategy {
  /** Who is no longer a candidate is forgotten with its incarnation. */
  readonly #earned = new WeakMap<Candidate, number>();

  constructor(private readonly options: StrategyOptions) {}

  choose<C extends Candidate>({ all }: Group<C>): C {
    const { localityWeight, random } = this.options;
    let richest: C | undefined;
    let most = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (const candidate of all) {
      const wage = worth(candidate, localityWeight);
      const earned = (this.#earned.get(candidate) ?? 0) + wage;
      this.#earned.set(candidate, earned);
      total += wage;
      if (earned > most) [richest, most] = [candidate, earned];
    }
    if (richest === undefined) return pick(all, random);
    this.#earned.set(richest, most - total);
    return richest;
  }
}
