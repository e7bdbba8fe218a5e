/**
 * How one instance is chosen among those that are equally able to serve. Each strategy is a small pure file: what it sees
 * is handed to it, the time and the dice too, and what it remembers belongs to one group of candidates.
 */
import type { Load } from '../load.js';

/** One incarnation of an instance, as a strategy sees it. */
export interface Candidate {
  /** `agent@machine` */
  readonly instance: string;
  /** On the caller's own machine. */
  readonly near: boolean;
  /** From 0 to 1, as the instance says of itself; 1 when it says nothing. */
  readonly health: number;
  readonly load: Load;
}

/** Who may be chosen: never empty, in the order of their names. */
export interface Group<C extends Candidate = Candidate> {
  readonly all: readonly C[];
  readonly near: readonly C[];
  readonly far: readonly C[];
}

export interface StrategyOptions {
  /** So many times as expensive must an instance of the own machine be before one elsewhere is preferred. */
  readonly localityWeight: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Strategy {
  choose<C extends Candidate>(group: Group<C>, nowMs: number): C;
}

/** How much a candidate is worth beside another one that is equal but for place and health. */
export const worth = ({ near, health }: Candidate, localityWeight: number): number =>
  (near ? localityWeight : 1) * Math.max(health, HEALTH_MIN);

/** Who says that it fares badly gets little, and not nothing: otherwise nobody would see it recover. */
const HEALTH_MIN = 0.1;

export const groupOf = <C extends Candidate>(all: readonly C[]): Group<C> => ({
  all,
  near: all.filter(({ near }) => near),
  far: all.filter(({ near }) => !near),
});

/** An element at random; the list is not empty. */
export function pick<T>(list: readonly T[], random: () => number): T {
  const element = list[Math.floor(random() * list.length)];
  if (element === undefined) throw new RangeError('nothing to choose from');
  return element;
}
