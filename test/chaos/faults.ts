/**
 * The long form of the fault tests: `npm run chaos -- [--seed N] [--minutes N] [--only FAULT] [--workers N]`. Prints its
 * seed, each fault as it is done, and what was measured against what is promised. Ends with 1 when a promise was broken;
 * run it again with that seed. Those that need no fleet are done once each, before it.
 */
import { parseArgs } from 'node:util';
import { runChaos } from '../support/chaos-run.js';
import { allFaults } from '../support/faults/all-faults.js';
import { loneFaults } from '../support/faults/lone-faults.js';
import { Figures, type Finding, findingLine } from '../support/figures.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '5' },
    only: { type: 'string' },
    workers: { type: 'string', default: '8' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const isMeant = ({ name }: { readonly name: string }) => values.only === undefined || name === values.only;
const faults = allFaults.filter(isMeant);
const lone = loneFaults.filter(isMeant);
if (faults.length + lone.length === 0) {
  const names = [...allFaults, ...loneFaults].map(({ name }) => name).join(', ');
  console.error(`there is no fault "${values.only}"; there are ${names}`);
  process.exit(2);
}

console.log(`seed ${seed}: ${values.minutes} minutes, ${values.workers} workers on each machine`);
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
      minutes: Number(values.minutes),
      faults,
      workerCount: Number(values.workers),
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
