/** Anyone, each as often as it is worth. */
import { type Candidate, type Group, pick, type Strategy, type StrategyOptions, worth } from './strategy.js';

export class Random implements Strategy {
  constructor(private readonly options: StrategyOptions) {}

  choose<C extends Candidate>({ all }: Group<C>): C {
    const { random, localityWeight } = this.options;
    let rest = random() * all.reduce((sum, candidate) => sum + worth(candidate, localityWeight), 0);
    for (const candidate of all) {
      rest -= worth(candidate, localityWeight);
      if (rest < 0) return candidate;
    }
    return pick(all, random);
  }
}
