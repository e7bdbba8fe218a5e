/**
 * A node over time, while everything around it fails: `npm run soak`, see `--help`. Prints its seed, the series and what it
 * comes to; ends with 1 when the node grew, left files open, was not idle when nobody asked, or a record was lost, doubled,
 * invented or disordered. From twenty minutes on the slope is
 * judged; before that only the growth, because a short run mostly shows when garbage was collected.
 */
import { commandLine, count, minutes, seedOption } from '../support/command-line.js';
import { findingLine } from '../support/oracle/figures.js';
import { runSoak, type SoakSample } from '../support/runs/soak-run.js';

const {
  seed,
  minutes: duration,
  agents: agentCount,
} = commandLine({
  command: 'npm run soak',
  what: 'A node with many agents over time, while processes are killed and the link fails: memory, files, processor, records.',
  options: { seed: seedOption, minutes: minutes(60), agents: count('agents of the node', 74) },
});

function print({ elapsedMs, rssMiB, openFiles, cpuPercent, isQuiet }: SoakSample): void {
  const seconds = (elapsedMs / 1_000).toFixed(0).padStart(6);
  const figures = `${rssMiB.toFixed(1).padStart(7)} MiB ${String(openFiles).padStart(5)} files`;
  console.log(`${seconds} s ${figures} ${cpuPercent.toFixed(1).padStart(6)} % ${isQuiet ? 'quiet' : 'asked'}`);
}

console.log(`seed ${seed}: a node with ${agentCount} agents for ${duration} minutes`);
try {
  const findings = await runSoak({
    seed,
    minutes: duration,
    agentCount,
    onSample: print,
    onTroubles: (struck) => console.log(struck),
  });
  for (const finding of findings) console.log(findingLine(finding));
  const broken = findings.filter(({ holds }) => !holds).length;
  console.log(broken === 0 ? `seed ${seed}: every promise held` : `seed ${seed}: ${broken} promises were broken`);
  process.exit(broken === 0 ? 0 : 1);
} catch (error) {
  console.error(`seed ${seed}:`, error);
  process.exit(1);
}
