/** A fault that a chaos run can do to its fleet. */
import type { FaultWorld } from '../fleet/fault-world.js';
import type { Random } from '../random.js';

export interface Fault {
  readonly name: string;
  /** What is done, in one line. */
  readonly what: string;
  /** Does it, and resolves when the fleet has come back from it; what was measured is in the figures of the world. */
  readonly round: (world: FaultWorld, random: Random, isLong: boolean) => Promise<void>;
}
