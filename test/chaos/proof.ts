/**
 * The proof of what is promised of records: `npm run proof -- [--only failpoints|errors] [--seed N] [--seeds N]
 * [--errors N]`. First a journal and a log are killed at every pass of every place around their commits, each alone. Then,
 * for each seed, an agent emits errors while it is killed itself, its node and main's broker are killed, and the link
 * fails; the oracle, which shares no code with the mesh, says what main has. Prints each seed; one that fails is run again
 * with `--seed N --seeds 1`. Ends with 1 when anything was lost, doubled, invented, disordered or changed.
 */
import { parseArgs } from 'node:util';
import { commits, type Failpoint } from '../../common/core/failpoint.js';
import { runLinkChaos } from '../support/link-chaos.js';
import { runMortal } from '../support/mortal-run.js';
import type { Verdict } from '../support/oracle.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '20' },
    errors: { type: 'string', default: '100000' },
  },
});
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const seedCount = Number(values.seeds);
const errorCount = Number(values.errors);
const isKnown = values.only === undefined || ['failpoints', 'errors'].includes(values.only);
if (![firstSeed, seedCount, errorCount].every(Number.isSafeInteger) || !isKnown) {
  console.error('usage: npm run proof -- [--only failpoints|errors] [--seed N] [--seeds N] [--errors N]');
  process.exit(2);
}

const AGENT_KILLS = 5;
/** More often than any place is passed. */
const PASSES_MAX = 1_000;
let failed = false;

/** What must be empty, and is not. */
function complaintsOf({ lost, duplicated, phantom, disordered }: Verdict): string[] {
  return Object.entries({ lost, duplicated, phantom, disordered })
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => `${name} ${found.length}: ${found.slice(0, 3).join('; ')}`);
}

function line(verdict: Verdict): string {
  const { attemptedCount, acceptedCount, mainCount, indeterminateCount, indeterminateOnMainCount } = verdict;
  return [
    `attempted ${attemptedCount}, accepted ${acceptedCount}, on main ${mainCount}`,
    `lost ${verdict.lost.length}, duplicated ${verdict.duplicated.length}, phantom ${verdict.phantom.length}`,
    `disordered ${verdict.disordered.length}, mismatched ${verdict.mismatched.length}`,
    `indeterminate ${indeterminateCount}, of them on main ${indeterminateOnMainCount}`,
  ].join(' · ');
}

function complain(where: string, complaints: readonly string[]): void {
  for (const complaint of complaints) console.error(`${where}: ${complaint}`);
  failed ||= complaints.length > 0;
}

async function everyPass(place: Failpoint): Promise<void> {
  for (let pass = 1; pass <= PASSES_MAX; pass++) {
    const { verdict, deaths, incidents } = await runMortal([[place, pass]]);
    complain(`${place}, pass ${pass}`, complaintsOf(verdict));
    if (incidents !== 2) complain(`${place}, pass ${pass}`, [`${incidents} incidents told, not 2`]);
    if (deaths > 0) continue;
    console.log(`${place}: killed at each of its ${pass - 1} passes · ${line(verdict)}`);
    if (pass === 1) complain(place, ['nobody came by']);
    return;
  }
}

async function errors(seed: number): Promise<void> {
  const { verdict, incidents, faults, journalCount, elapsedMs } = await runLinkChaos({
    seed,
    errorCount,
    agentKills: AGENT_KILLS,
  });
  const struck = Object.entries(faults).map(([fault, count]) => `${fault} ${count}`);
  console.log(
    `seed ${seed}: ${line(verdict)} · ${struck.join(', ')} · ${journalCount} journals, ${seconds(elapsedMs)}`,
  );
  const moved = verdict.mismatched.length === 0 ? [] : [`${verdict.mismatched.length} in another place than was told`];
  complain(`seed ${seed}`, [...complaintsOf(verdict), ...moved, ...incidents]);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

try {
  if (values.only !== 'errors') {
    for (const commit of commits) {
      await everyPass(`${commit}.written`);
      await everyPass(`${commit}.committed`);
    }
  }
  if (values.only !== 'failpoints') {
    console.log(`seeds ${firstSeed} to ${firstSeed + seedCount - 1}: ${errorCount} errors each`);
    for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) await errors(seed);
  }
} catch (error) {
  console.error(error);
  failed = true;
}
console.log(
  failed
    ? 'something was lost, doubled, invented, disordered or changed'
    : 'lost 0, duplicated 0, phantom 0, order kept',
);
process.exit(failed ? 1 : 0);
