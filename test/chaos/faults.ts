/**
 * The long form of the fault tests: `npm run chaos -- [--seed N] [--minutes N] [--only FAULT] [--workers N]`. Prints its
 * seed, each fault as it is done, and what was measured against what is promised. Ends with 1 when a promise was broken;
 * run it again with that seed. Those that need no fleet are done once each, before it.
 */

import { commandLine, count, minutes, oneOf, seedOption } from '../support/command-line.js';
import { allFaults } from '../support/faults/all-faults.js';
import { loneFaults } from '../support/faults/lone/lone-faults.js';
import { Figures, type Finding, findingLine } from '../support/oracle/figures.js';
import { runChaos } from '../support/runs/chaos-run.js';

const known = [...allFaults, ...loneFaults].map(({ name }) => name);
const {
  seed,
  minutes: duration,
  only,
  workers,
} = commandLine({
  command: 'npm run chaos',
  what: 'Faults done to a broker and to a fleet at work, in an order drawn from the seed; each promise with its figure.',
  options: {
    seed: seedOption,
    minutes: minutes(5),
    only: oneOf('one fault alone', known),
    workers: count('workers of each machine', 8),
  },
});
const isMeant = ({ name }: { readonly name: string }) => only === undefined || name === only;
const faults = allFaults.filter(isMeant);
const lone = loneFaults.filter(isMeant);

console.log(`seed ${seed}: ${duration} minutes, ${workers} workers on each machine`);
const startedMs = performance.now();
const clock = () => `${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s`;
try {
  const findings: Finding[] = [];
  for (const { name, what, round } of lone) {
    console.log(`${clock()}  ${name}: ${what}`);
    const figures = new Figures();
    await round(figures, true);
    findings.push(...figures.findings);
  }
  if (faults.length > 0) {
    const run = await runChaos({
      seed,
      minutes: duration,
      faults,
      workerCount: workers,
      onRound: (text) => console.log(`${clock()}  ${text}`),
    });
    findings.push(...run.findings);
    console.log(`${clock()}  ${run.roundCount} rounds; ${run.watched}`);
  }
  for (const finding of findings) console.log(findingLine(finding));
  const broken = findings.filter(({ holds }) => !holds).length;
  console.log(broken === 0 ? `seed ${seed}: every promise held` : `seed ${seed}: ${broken} promises were broken`);
  process.exit(broken === 0 ? 0 : 1);
} catch (error) {
  console.error(`seed ${seed}:`, error);
  process.exit(1);
}
