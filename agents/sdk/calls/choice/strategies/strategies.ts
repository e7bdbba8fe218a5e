/** The strategies by the names that policies use. */
import type { CallStrategy } from '../../../../../common/protocol/call-policy.js';
import { First } from './first.js';
import { LeastInFlight } from './least-in-flight.js';
import { LeastLatency } from './least-latency.js';
import { Random } from './random.js';
import { RoundRobin } from './round-robin.js';
import type { Strategy, StrategyOptions } from './strategy.js';

const strategies: Record<CallStrategy, new (options: StrategyOptions) => Strategy> = {
  'least-latency': LeastLatency,
  'round-robin': RoundRobin,
  random: Random,
  'least-in-flight': LeastInFlight,
  first: First,
};

export const createStrategy = (name: CallStrategy, options: StrategyOptions): Strategy => new strategies[name](options);
