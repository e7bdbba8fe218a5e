/**
 * The proof of what is promised of records: `npm run proof`, see `--help`. First a journal and a log are killed at every pass
 * of every place around their commits, each alone; then a real node and a real broker, at places that are drawn; then the
 * nodes of a whole fleet in the middle of a prune; then the members of a group with their hands full; then backups and
 * restores at each of their steps. A backlog of a million is delivered while others go on. At last, for each seed, an agent
 * emits errors while it is killed itself, its node and main's broker are killed, and the link fails. The oracle, which shares
 * no code with the mesh, says what main has. Prints each seed; one that fails is run again with `--seed N --seeds 1`. Ends
 * with 1 when anything was lost, doubled, invented, disordered or changed.
 */
import { commits, type Failpoint } from '../../common/core/failpoint.js';
import { commandLine, count, oneOf, seedOption } from '../support/command-line.js';
import { FailpointFleet } from '../support/fleet/failpoint-fleet.js';
import { findingLine } from '../support/oracle/figures.js';
import type { Verdict } from '../support/oracle/oracle.js';
import { Strace } from '../support/processes/strace.js';
import { Random } from '../support/random.js';
import { runBacklog } from '../support/runs/backlog-run.js';
import { atCalls, atSteps, type CareKills, killBackups, killRestores, type Ways } from '../support/runs/care-kills.js';
import { runCrew } from '../support/runs/crew-run.js';
import { runLinkChaos } from '../support/runs/link-chaos.js';
import { runMortal } from '../support/runs/mortal-run.js';
import { runPrune } from '../support/runs/prune-run.js';

const everyPlace = commits.flatMap((commit): Failpoint[] => [`${commit}.written`, `${commit}.committed`]);
const parts = { failpoints, processes, prune, groups, care, backlog, errors };
const {
  only,
  place: onlyPlace,
  seed: firstSeed,
  seeds: seedCount,
  errors: errorCount,
  records: recordCount,
  lanes,
} = commandLine({
  command: 'npm run proof',
  what: 'Kills processes and cuts links while records are stored, and lets an oracle say what main has in the end.',
  options: {
    only: oneOf('one part alone', Object.keys(parts)),
    place: oneOf('one place of "failpoints" alone', everyPlace),
    seed: seedOption,
    seeds: count('so many runs of "errors"', 20),
    errors: count('errors of each run', 100_000),
    records: count('records of "backlog"', 1_000_000),
    lanes: count('runs of "errors" side by side', 2),
  },
});

const AGENT_KILLS = 5;
/** Of each of the two, the node and the broker. */
const PROCESS_KILLS = 50;
const CREW = { recordCount: 40_000, kills: 20, inHand: 50 };
/** More often than any place is passed. */
const PASSES_MAX = 1_000;
let failed = false;

function line(verdict: Verdict): string {
  const { attemptedCount, acceptedCount, mainCount, indeterminateCount, indeterminateOnMainCount } = verdict;
  return [
    `attempted ${attemptedCount}, accepted ${acceptedCount}, on main ${mainCount}`,
    `lost ${verdict.lost.length}, duplicated ${verdict.duplicated.length}, phantom ${verdict.phantom.length}`,
    `disordered ${verdict.disordered.length}, mismatched ${verdict.mismatched.length}`,
    `indeterminate ${indeterminateCount}, of them on main ${indeterminateOnMainCount}`,
  ].join(' · ');
}

/** What must be empty, and is not. */
function complaintsOf({ lost, duplicated, phantom, disordered }: Verdict): string[] {
  return Object.entries({ lost, duplicated, phantom, disordered })
    .filter(([, found]) => found.length > 0)
    .map(([name, found]) => `${name} ${found.length}: ${found.slice(0, 3).join('; ')}`);
}

/** In another place than its producer was told: nothing may be, where no journal was written again. */
const moved = ({ mismatched }: Verdict): string[] =>
  mismatched.length === 0 ? [] : [`${mismatched.length} in another place than was told`];

function complain(where: string, complaints: readonly string[]): void {
  for (const complaint of complaints) console.error(`${where}: ${complaint}`);
  failed ||= complaints.length > 0;
}

async function failpoints(): Promise<void> {
  for (const place of everyPlace) if (onlyPlace === undefined || place === onlyPlace) await everyPass(place);
}

async function everyPass(place: Failpoint): Promise<void> {
  const startedMs = performance.now();
  for (let pass = 1; pass <= PASSES_MAX; pass++) {
    const { verdict, deaths, incidents } = await runMortal([[place, pass]]);
    complain(`${place}, pass ${pass}`, complaintsOf(verdict));
    if (incidents !== 2) complain(`${place}, pass ${pass}`, [`${incidents} incidents told, not 2`]);
    if (deaths > 0) continue;
    console.log(`${place}: killed at each of its ${pass - 1} passes, ${since(startedMs)} · ${line(verdict)}`);
    if (pass === 1) complain(place, ['nobody came by']);
    return;
  }
}

async function processes(): Promise<void> {
  const startedMs = performance.now();
  console.log(`seed ${firstSeed}: a real node and a real broker, each killed ${PROCESS_KILLS} times`);
  const world = await FailpointFleet.open();
  try {
    await world.burst(1_000_000, 300);
    await world.randomKills(new Random(firstSeed), PROCESS_KILLS);
    await world.finish();
    await world.settled();
    const verdict = world.verdict();
    console.log(`processes: seed ${firstSeed}, ${since(startedMs)} · ${line(verdict)}`);
    complain('processes', [...complaintsOf(verdict), ...moved(verdict)]);
  } finally {
    await world.close();
  }
}

async function prune(): Promise<void> {
  const startedMs = performance.now();
  console.log('the nodes of both machines, each killed at every place of a prune');
  const { hoards, live, kills, faults } = await runPrune();
  console.log(`prune: ${kills} kills, ${since(startedMs)} · ${line(hoards)}`);
  console.log(`live meanwhile: ${line(live)}`);
  complain('prune', [...complaintsOf(hoards), ...moved(hoards), ...complaintsOf(live), ...moved(live), ...faults]);
}

async function groups(): Promise<void> {
  const startedMs = performance.now();
  const { recordCount: pieces, kills, inHand } = CREW;
  console.log(
    `seed ${firstSeed}: ${pieces} records for a group of which ${kills} are killed, ${inHand} in the hands of each`,
  );
  const { state, undone, repeatedCount } = await runCrew({ ...CREW, random: new Random(firstSeed) });
  const { settled, redelivered, dead } = state;
  console.log(
    `groups: seed ${firstSeed}, ${since(startedMs)} · settled ${settled}, redelivered ${redelivered}, done again ${repeatedCount}, dead ${dead}, undone ${undone.length}`,
  );
  if (undone.length > 0) complain('groups', [`${undone.length} were done by nobody: ${undone.slice(0, 3).join()}`]);
  if (settled !== pieces || dead > 0) complain('groups', [`${settled} were settled of ${pieces}, ${dead} are dead`]);
}

async function care(): Promise<void> {
  const { missing } = Strace;
  if (missing !== '') console.log(`care: no system call can be seen here, only steps are taken: ${missing}`);
  const ways: Ways = new Map([...atSteps(), ...(missing === '' ? atCalls : [])]);
  const kinds: Readonly<Record<string, () => Promise<CareKills>>> = {
    'a backup': () => killBackups(ways),
    'a restore of a journal': () => killRestores('journal', ways),
    'a restore of the log': () => killRestores('log', ways),
  };
  for (const [what, kill] of Object.entries(kinds)) {
    const startedMs = performance.now();
    const { kills, faults } = await kill();
    const struck = [...kills].map(([name, times]) => `${name} ${times}`);
    console.log(`${what}: killed at every ${struck.join(', ')}, ${since(startedMs)} · faults ${faults.length}`);
    complain(what, faults);
  }
}

async function backlog(): Promise<void> {
  console.log(`a backlog of ${recordCount} records`);
  const { backlog: piledUp, live, findings, idleP99Ms, drainMs } = await runBacklog({ recordCount, idleMs: 5_000 });
  console.log(`backlog: drained in ${seconds(drainMs)} · ${line(piledUp)}`);
  console.log(`live: p99 ${idleP99Ms.toFixed(1)} ms while there was nothing else · ${line(live)}`);
  for (const finding of findings) console.log(findingLine(finding));
  complain('backlog', [...complaintsOf(piledUp), ...moved(piledUp), ...complaintsOf(live), ...moved(live)]);
  const broken = findings.filter(({ holds }) => !holds);
  complain('backlog', broken.map(findingLine));
}

async function errors(): Promise<void> {
  console.log(`seeds ${firstSeed} to ${firstSeed + seedCount - 1}: ${errorCount} errors each, ${lanes} at a time`);
  let next = firstSeed;
  const lane = async () => {
    while (next < firstSeed + seedCount) {
      const seed = next++;
      // Whatever becomes of it, the fleet beside it is to come to its end.
      await errorsOf(seed).catch((error: unknown) => complain(`seed ${seed}`, [String(error)]));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function errorsOf(seed: number): Promise<void> {
  const { verdict, incidents, faults, journalCount, elapsedMs } = await runLinkChaos({
    seed,
    errorCount,
    agentKills: AGENT_KILLS,
  });
  const struck = Object.entries(faults).map(([fault, times]) => `${fault} ${times}`);
  console.log(
    `seed ${seed}: ${line(verdict)} · ${struck.join(', ')} · ${journalCount} journals, ${seconds(elapsedMs)}`,
  );
  complain(`seed ${seed}`, [...complaintsOf(verdict), ...moved(verdict), ...incidents]);
}

const since = (startedMs: number): string => seconds(performance.now() - startedMs);

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

try {
  const meant = onlyPlace === undefined ? only : 'failpoints';
  for (const [name, prove] of Object.entries(parts)) if (meant === undefined || meant === name) await prove();
} catch (error) {
  console.error(error);
  failed = true;
}
console.log(
  failed
    ? `seed ${firstSeed}: something was lost, doubled, invented, disordered or changed, or a promise was broken`
    : `seed ${firstSeed}: lost 0, duplicated 0, phantom 0, order kept`,
);
process.exit(failed ? 1 : 0);
