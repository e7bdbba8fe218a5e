/**
 * A node over time: `npm run soak -- [--minutes N] [--seed N] [--agents N]`. Prints the series and what it comes to; ends
 * with 1 when the node grew, left files open, or was not idle when nobody asked. From twenty minutes on the slope is
 * judged; before that only the growth, because a short run mostly shows when garbage was collected.
 */
import { parseArgs } from 'node:util';
import { findingLine } from '../support/figures.js';
import { runSoak, type SoakSample } from '../support/soak-run.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    agents: { type: 'string', default: '74' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));

function print({ elapsedMs, rssMiB, openFiles, cpuPercent, isQuiet }: SoakSample): void {
  const seconds = (elapsedMs / 1_000).toFixed(0).padStart(6);
  const figures = `${rssMiB.toFixed(1).padStart(7)} MiB ${String(openFiles).padStart(5)} files`;
  console.log(`${seconds} s ${figures} ${cpuPercent.toFixed(1).padStart(6)} % ${isQuiet ? 'quiet' : 'asked'}`);
}

console.log(`seed ${seed}: a node with ${values.agents} agents for ${values.minutes} minutes`);
const findings = await runSoak({
  seed,
  minutes: Number(values.minutes),
  agentCount: Number(values.agents),
  onSample: print,
});
for (const finding of findings) console.log(findingLine(finding));
process.exit(findings.every(({ holds }) => holds) ? 0 : 1);
