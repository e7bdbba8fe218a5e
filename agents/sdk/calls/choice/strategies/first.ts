/** Always the same one while it serves: the first by name on the own machine, else the first by name. For what keeps things warm. */
import { type Candidate, type Group, pick, type Strategy, type StrategyOptions } from './strategy.js';

export class First implements Strategy {
  constructor(private readonly options: StrategyOptions) {}

  choose<C extends Candidate>({ all, near }: Group<C>): C {
    return near[0] ?? all[0] ?? pick(all, this.options.random);
  }
}
