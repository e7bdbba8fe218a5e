/**
 * The long form of the fault tests: `npm run chaos -- [--seed N] [--minutes N] [--only FAULT] [--workers N]`. Prints its
 * seed, each fault as it is done, and what was measured against what is promised. Ends with 1 when a promise was broken;
 * run it again with that seed.
 */
import { parseArgs } from 'node:util';
import { runChaos } from '../support/chaos-run.js';
import { allFaults } from '../support/faults/all-faults.js';
import { findingLine } from '../support/figures.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '5' },
    only: { type: 'string' },
    workers: { type: 'string', default: '8' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const faults = allFaults.filter(({ name }) => values.only === undefined || name === values.only);
if (faults.length === 0) {
  console.error(`there is no fault "${values.only}"; there are ${allFaults.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

console.log(`seed ${seed}: ${values.minutes} minutes, ${values.workers} workers on each machine`);
const startedMs = performance.now();
const clock = () => `${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s`;
try {
  const { findings, roundCount, watched } = await runChaos({
    seed,
    minutes: Number(values.minutes),
    faults,
    workerCount: Number(values.workers),
    onRound: (text) => console.log(`${clock()}  ${text}`),
  });
  console.log(`${clock()}  ${roundCount} rounds; ${watched}`);
  for (const finding of findings) console.log(findingLine(finding));
  const broken = findings.filter(({ holds }) => !holds).length;
  console.log(broken === 0 ? `seed ${seed}: every promise held` : `seed ${seed}: ${broken} promises were broken`);
  process.exit(broken === 0 ? 0 : 1);
} catch (error) {
  console.error(`seed ${seed}:`, error);
  process.exit(1);
}
