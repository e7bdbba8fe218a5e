/** Whoever has the fewest calls of this process out, for what it is worth; equals by chance. Looks at all of them. */
import { type Candidate, type Group, pick, type Strategy, type StrategyOptions, worth } from './strategy.js';

export class LeastInFlight implements Strategy {
  constructor(private readonly options: StrategyOptions) {}

  choose<C extends Candidate>({ all }: Group<C>): C {
    const { localityWeight, random } = this.options;
    let best = pick(all, random);
    let least = (best.load.inFlight + 1) / worth(best, localityWeight);
    for (const candidate of all) {
      const cost = (candidate.load.inFlight + 1) / worth(candidate, localityWeight);
      if (cost < least) [best, least] = [candidate, cost];
    }
    return best;
  }
}
