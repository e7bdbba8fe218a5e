/**
 * `npm run simulate -- [--only calls|records] [--seed N] [--calls N] [--steps N]`: on a virtual clock, through storms, the
 * choice of instances, breakers, budget, queue and window of results; and the way of records, from the outbox of a node to
 * the groups that consume them. Then each rule is broken on purpose, and must be found out. Prints its seeds, what came of
 * it and every invariant that was broken; ends with 1 when one was. The same seed gives the same run.
 */
import { commandLine, count, oneOf, seedOption } from '../support/command-line.js';
import { allRecordSabotages, recordSabotages } from './records/record-sabotage.js';
import { simulateRecords } from './records/record-simulation.js';
import { allSabotages, sabotages } from './sabotage.js';
import { simulate } from './simulation.js';

const {
  seed,
  only,
  calls: callCount,
  steps: stepCount,
} = commandLine({
  command: 'npm run simulate',
  what: 'Storms on a virtual clock: calls, and the way of records. Then each rule is broken on purpose, and must be found out.',
  options: {
    only: oneOf('one half alone', ['calls', 'records']),
    seed: seedOption,
    calls: count('calls that are made', 1_000_000),
    steps: count('steps on the way of records', 400_000),
  },
});

/** Steps of one run: long enough for every trouble, short enough that a run which fails can be read. */
const STEPS_PER_RUN = 20_000;
/** What is broken shows in this many calls, or in one of so many runs of so many steps. */
const CANARY_CALLS = 32_000;
const CANARY_STEPS = 8_000;
const CANARY_RUNS = 24;
let faultCount = 0;

function told(faults: ReadonlyMap<string, readonly string[]>): void {
  for (const [what, details] of faults) console.log(`FAIL ${what}\n     ${details.join('\n     ')}`);
  faultCount += faults.size;
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;
}

function calls(): void {
  console.log(`seed ${seed}: ${callCount} calls`);
  const startedMs = performance.now();
  const { ledger, simulatedMs } = simulate({ seed, callCount });
  console.log(`${(simulatedMs / 1_000).toFixed(0)} s of virtual time in ${seconds(startedMs)}`);
  console.log('outcomes', ledger.outcomes);
  console.log('breakers', ledger.turns);
  console.log(`${ledger.repeats} repeats; ${ledger.reruns} keys ran again because the process that knew them had died`);
  told(ledger.faults);
  for (const sabotage of allSabotages) {
    const { faults } = simulate({ seed, callCount: CANARY_CALLS, sabotage }).ledger;
    canary(sabotage, faults.has(sabotages[sabotage]) ? seed : undefined);
  }
}

function records(): void {
  const runs = Math.ceil(stepCount / STEPS_PER_RUN);
  console.log(`seed ${seed} to ${seed + runs - 1}: ${stepCount} steps`);
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    const steps = Math.min(STEPS_PER_RUN, stepCount - run * STEPS_PER_RUN);
    const result = simulateRecords({ seed: seed + run, steps });
    const { oracle, simulatedMs, troubles } = result;
    const troubleCount = Object.values(troubles).reduce((sum, times) => sum + times, 0);
    const figures = Object.entries(oracle.counts).map(([what, figure]) => `${what} ${figure}`);
    const time = `${(simulatedMs / 1_000).toFixed(0)} s of virtual time in ${seconds(startedMs)}`;
    console.log(`seed ${seed + run}: ${result.steps} steps, ${troubleCount} troubles, ${time}: ${figures.join(', ')}`);
    told(oracle.faults);
  }
  for (const sabotage of allRecordSabotages) {
    const found = Array.from({ length: CANARY_RUNS }, (_, index) => seed + index).find((each) =>
      simulateRecords({ seed: each, steps: CANARY_STEPS, sabotage }).oracle.faults.has(recordSabotages[sabotage]),
    );
    canary(sabotage, found);
  }
}

function canary(what: string, found: number | undefined): void {
  console.log(found === undefined ? `FAIL nobody noticed ${what}` : `seed ${found}: ${what} is found out`);
  if (found === undefined) faultCount++;
}

if (only !== 'records') calls();
if (only !== 'calls') records();
console.log(faultCount === 0 ? `seed ${seed}: every invariant held` : `seed ${seed}: invariants were broken`);
process.exit(faultCount === 0 ? 0 : 1);
