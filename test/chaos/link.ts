/**
 * The long form of the link test: `npm run chaos:link -- [--seed N] [--runs N] [--errors N]`. Prints each seed with what
 * came of it; one that fails is run again with `--seed`. Ends with 1 when anything was lost, doubled, invented,
 * disordered or changed.
 */
import { commandLine, count, seedOption } from '../support/command-line.js';
import { type LinkChaosResult, runLinkChaos } from '../support/runs/link-chaos.js';

const {
  seed: firstSeed,
  runs,
  errors: errorCount,
} = commandLine({
  command: 'npm run chaos:link',
  what: 'The link between two machines fails while node and broker are killed; the oracle says what main has.',
  options: { seed: seedOption, runs: count('seeds, one after the other', 1), errors: count('errors of a run', 10_000) },
});

function faultsOf({ verdict, incidents }: LinkChaosResult): string[] {
  const { lost, duplicated, phantom, disordered, mismatched } = verdict;
  const complaints = Object.entries({ lost, duplicated, phantom, disordered, mismatched, incidents });
  return complaints
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => `${name} ${found.length}: ${found.slice(0, 3).join('; ')}`);
}

function lineOf(seed: number, { verdict, faults, journalCount, elapsedMs }: LinkChaosResult): string {
  const { attemptedCount, acceptedCount, mainCount, indeterminateCount, lost, duplicated, phantom } = verdict;
  const struck = Object.entries(faults).map(([fault, count]) => `${fault} ${count}`);
  return [
    `seed ${seed}: attempted ${attemptedCount}, accepted ${acceptedCount}, on main ${mainCount}`,
    `lost ${lost.length}, duplicated ${duplicated.length}, phantom ${phantom.length}`,
    `disordered ${verdict.disordered.length}, mismatched ${verdict.mismatched.length}`,
    `indeterminate ${indeterminateCount}`,
    `${struck.join(', ')}`,
    `${journalCount} journals, ${(elapsedMs / 1_000).toFixed(1)} s`,
  ].join(' · ');
}

let failed = false;
for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  console.log(`seed ${seed}: ${errorCount} errors …`);
  try {
    const result = await runLinkChaos({ seed, errorCount });
    console.log(lineOf(seed, result));
    const complaints = faultsOf(result);
    for (const complaint of complaints) console.error(`seed ${seed}: ${complaint}`);
    failed ||= complaints.length > 0;
  } catch (error) {
    failed = true;
    console.error(`seed ${seed}:`, error);
  }
}
process.exit(failed ? 1 : 0);
