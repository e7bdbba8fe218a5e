/**
 * A run of faults, drawn from a seed until its time is over: each at least once where the time allows, in any order and
 * again. The seed draws what happens to whom; the scheduler of the box decides the rest. So a seed gives the same faults
 * in the same order, and different interleavings.
 */

import type { Fault } from '../faults/fault.js';
import { FaultWorld } from '../fleet/fault-world.js';
import type { Finding } from '../oracle/figures.js';
import { Random } from '../random.js';

export interface ChaosRunOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: readonly Fault[];
  readonly workerCount: number;
  readonly onRound: (text: string) => void;
}

export interface ChaosRunResult {
  readonly findings: readonly Finding[];
  readonly roundCount: number;
  /** How well the watch for doubles looked. */
  readonly watched: string;
}

/** @throws when a fault is not survived: something that must come back did not within its time */
export async function runChaos(options: ChaosRunOptions): Promise<ChaosRunResult> {
  const { seed, minutes, faults, workerCount, onRound } = options;
  const random = new Random(seed);
  const world = await FaultWorld.open({ workerCount, perSecond: PER_SECOND });
  const endMs = performance.now() + minutes * 60_000;
  let roundCount = 0;
  try {
    for (let queue: Fault[] = []; performance.now() < endMs; roundCount++) {
      if (queue.length === 0) queue = shuffled(faults, random);
      const fault = queue.pop();
      if (fault === undefined) break;
      onRound(`${fault.name}: ${fault.what}`);
      await fault.round(world, random, true);
    }
    await world.judge();
  } catch (error) {
    console.error(world.fleet.outputs);
    throw error;
  } finally {
    await world.close();
  }
  return { findings: world.figures.findings, roundCount, watched: world.watched };
}

const PER_SECOND = 50;

function shuffled(faults: readonly Fault[], random: Random): Fault[] {
  return faults
    .map((fault) => ({ fault, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ fault }) => fault);
}
