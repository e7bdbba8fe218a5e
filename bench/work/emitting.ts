/** The emitter's side of the record rows, for us and for the peers alike. */

import { quantile } from '../measure/median.js';
import { bodyOf, type NumberedBody } from './load.js';
import { rateOf, timesOf } from './pace.js';
import { serveTasks, type Tasks } from './worker-channel.js';

/** Stores the body and answers its place in the store, once that is acknowledged. */
export type Emit = (body: NumberedBody) => Promise<number>;

/** @param inFlight how many of a flood are on their way at once @param tasks what this one can beside that */
export function serveEmitting(emit: Emit, inFlight: number, tasks: Tasks = {}): void {
  let lastSeq = 0;
  let lastPlace = -1;
  const emitOnce = async () => {
    const place = await emit(bodyOf(++lastSeq));
    // Also others may write there, and what was emitted first is stored first.
    if (place <= lastPlace) throw new Error(`stored at ${place} after ${lastPlace}: twice, or out of order`);
    lastPlace = place;
  };
  serveTasks({
    /** Acknowledged records per second: each acknowledgement starts the next emit. */
    flood: (durationMs) => rateOf(emitOnce, inFlight, durationMs),
    /** Median time to the acknowledgement in microseconds, one at a time. */
    median: async (durationMs) => quantile(await timesOf(emitOnce, durationMs), 0.5) * 1_000,
    ...tasks,
  });
}
