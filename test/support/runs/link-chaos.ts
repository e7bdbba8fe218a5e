/**
 * The scenario of the mesh's first promise, from a seed: an agent of pc2 reports errors while the link to main fails in
 * every way, and pc2's node and main's broker are killed again and again; then the link is restored, slow, and both are
 * killed once more while main catches up. The oracle judges what main has. Where the agent is killed as well, its next
 * incarnation goes on with what was not accepted; what was neither accepted nor refused may be on main, and not twice.
 *
 * The seed draws what happens and at which count of reports; the scheduler of the box decides the rest. So a seed gives
 * the same faults at about the same places, and different interleavings.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, TestFleet } from '../fleet/test-fleet.js';
import { storedErrors, takenCount } from '../oracle/main-log.js';
import { judge, type Verdict } from '../oracle/oracle.js';
import { Random } from '../random.js';
import { Hopeless, waitFor, waitUntil } from '../wait-for.js';

export interface LinkChaosOptions {
  readonly seed: number;
  readonly errorCount: number;
  /** So often the agent is killed. Default: never. */
  readonly agentKills?: number;
}

export interface LinkChaosResult {
  readonly verdict: Verdict;
  /** Errors on main that are neither reports of the burst nor deaths: the mesh believes that something is wrong. */
  readonly incidents: readonly string[];
  readonly faults: Readonly<Record<Fault, number>>;
  /** Chains in which the reports lie: each node that lived wrote one. */
  readonly journalCount: number;
  readonly elapsedMs: number;
}

const FAULTS = ['killNode', 'killBroker', 'cut', 'freeze', 'flap', 'mend'] as const;
export type Fault = (typeof FAULTS)[number] | 'killAgent';

/** It is killed as often as the seed says, and comes back at once. */
const REPORTER = { ...fixture('reporter'), restart: { firstMs: 100, maxMs: 100, starts: 1_000 } };
/** A long burst is quick enough that a seed is a matter of a minute: it is made at this rate, with several out at once … */
const BURST_SECONDS_MAX = 12;
const LONG_BURST = 50_000;
const LONG_BURST_WINDOW = 8;
/** … and over a link that is no slower, for its size, than the one that a short burst goes over. */
const SLOW_LINK_COUNT = 25_000;

/** What happens when so many reports were accepted (first act), or are on main (second act). */
interface Moment {
  readonly atCount: number;
  readonly fault: Fault;
}

export async function runLinkChaos(options: LinkChaosOptions): Promise<LinkChaosResult> {
  const startedMs = performance.now();
  const fleet = await TestFleet.start({ pc2: { reporter: REPORTER } });
  try {
    const run = new LinkChaos(fleet, new Random(options.seed), options);
    await run.burst();
    await run.catchUp();
    return run.result(performance.now() - startedMs);
  } catch (error) {
    console.error(fleet.outputs);
    throw error;
  } finally {
    await fleet.close();
  }
}

class LinkChaos {
  /** One for each incarnation of the agent; the last is being written. */
  readonly #ledgerFiles: string[] = [];
  readonly #faults: Record<Fault, number> = {
    ...{ killNode: 0, killBroker: 0, killAgent: 0, cut: 0, freeze: 0, flap: 0, mend: 0 },
  };
  readonly #errorCount: number;
  /** Accepted by incarnations that are dead. */
  #acceptedBefore = 0;

  constructor(
    private readonly fleet: TestFleet,
    private readonly random: Random,
    private readonly options: LinkChaosOptions,
  ) {
    this.#errorCount = options.errorCount;
  }

  /** First act: the link is cut early; then kills, and a link that may come back and fail again. */
  async burst(): Promise<void> {
    const { random } = this;
    const errorCount = this.#errorCount;
    const drawn = Array.from({ length: random.between(4, 8) }, (): Moment => {
      const fault = FAULTS[random.between(0, FAULTS.length - 1)] ?? 'cut';
      return { atCount: random.between(1, errorCount), fault };
    });
    const moments: Moment[] = [
      { atCount: random.between(0, errorCount / 5), fault: 'cut' },
      { atCount: random.between(1, errorCount), fault: 'killNode' },
      { atCount: random.between(1, errorCount), fault: 'killBroker' },
      ...drawn,
      ...Array.from({ length: this.options.agentKills ?? 0 }, (): Moment => {
        return { atCount: random.between(1, errorCount), fault: 'killAgent' };
      }),
    ];
    await this.#startBurst();
    await this.#play(moments, () => this.#acceptedCount());
    await waitUntil('all reports to be accepted', async () => (await this.#acceptedCount()) === errorCount, WAIT_MS);
  }

  /** Second act: the link is restored, and slow enough that the kills fall into the middle of it. */
  async catchUp(): Promise<void> {
    const { random, fleet } = this;
    const errorCount = this.#errorCount;
    fleet.link.bytesPerSecond = random.between(500_000, 4_000_000) * Math.max(1, errorCount / SLOW_LINK_COUNT);
    fleet.link.restore();
    const moments = (['killNode', 'killBroker'] as const).map((fault) => ({
      atCount: random.between(1, Math.floor(errorCount * 0.9)),
      fault,
    }));
    await this.#play(moments, () => this.#mainCount());
    await fleet.pc2.ready();
    // Its word that main has all, and not main's count: what is lost is for the oracle to find.
    const hasNothingLeft = async () => (await fleet.pc2.ask('journal.status', {})).pendingCount === 0;
    await waitUntil('pc2 to have nothing left', hasNothingLeft, WAIT_MS);
  }

  result(elapsedMs: number): LinkChaosResult {
    const stored = storedErrors(this.fleet.main.logFile);
    const burst = stored.filter(({ code }) => code === 'BURST');
    const mainRecords = burst.map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    return {
      verdict: judge({ ledgerFiles: this.#ledgerFiles, mainRecords }),
      incidents: stored
        .filter(({ code }) => code !== 'BURST' && code !== 'AGENT_CRASHED')
        .map(({ code, message }) => `${code}: ${message}`),
      faults: this.#faults,
      journalCount: new Set(burst.map(({ journalId }) => journalId)).size,
      elapsedMs,
    };
  }

  async #play(moments: readonly Moment[], count: () => number | Promise<number>): Promise<void> {
    for (const { atCount, fault } of [...moments].sort((a, b) => a.atCount - b.atCount)) {
      await waitUntil(`${fault} at ${atCount}`, async () => (await count()) >= atCount, WAIT_MS);
      await this.#strike(fault);
    }
  }

  async #startBurst(): Promise<void> {
    const { random } = this;
    const file = join(this.fleet.root, `ledger-${this.#ledgerFiles.length + 1}`);
    this.#ledgerFiles.push(file);
    const count = this.#errorCount - this.#acceptedBefore;
    const slowest = Math.ceil(this.#errorCount / BURST_SECONDS_MAX);
    const perSecond = Math.max(slowest, random.between(1_000, 4_000));
    const window = random.between(this.#errorCount >= LONG_BURST ? LONG_BURST_WINDOW : 1, 64);
    await this.fleet.pc2.call('reporter.burst', { count, file, window, perSecond });
  }

  /** Its node may be dead or deaf just then: it is back when it is back. */
  async #killAgent(): Promise<void> {
    const { pc2 } = this.fleet;
    const { epoch } = await waitFor('the reporter to run', () => pc2.kill('reporter'));
    await pc2.successor('reporter', epoch);
    this.#acceptedBefore = this.#ledgerFiles.reduce((sum, file) => sum + acceptedIn(file), 0);
    await this.#startBurst();
  }

  async #strike(fault: Fault): Promise<void> {
    const { main, pc2, link } = this.fleet;
    this.#faults[fault]++;
    switch (fault) {
      case 'killNode':
        await pc2.killNode();
        return pc2.start();
      case 'killBroker': {
        const { pid } = await waitFor("main's broker to run", async () => {
          const row = await main.process('broker');
          return row.pid === 0 ? undefined : row;
        });
        process.kill(pid, 'SIGKILL');
        return;
      }
      case 'killAgent':
        return this.#killAgent();
      case 'cut':
        return link.cut();
      case 'freeze':
        return link.freeze();
      case 'flap':
        return link.flap(this.random, { upMsMax: 150, downMsMax: 100 });
      case 'mend':
        return link.restore();
    }
  }

  async #acceptedCount(): Promise<number> {
    const { done, failed } = (await this.fleet.pc2.call('reporter.progress')) as { done: number; failed: string };
    if (failed !== '') throw new Hopeless(`the burst ended early: ${failed}`);
    return this.#acceptedBefore + done;
  }

  /** With the little that is told beside the reports: near enough to choose a moment by. */
  #mainCount(): number {
    return takenCount(this.fleet.main.logFile);
  }
}

const acceptedIn = (file: string): number => readFileSync(file, 'utf8').match(/^accepted .*\n/gm)?.length ?? 0;

/** For a hundred thousand reports on a busy box; a run that needs longer hangs. */
const WAIT_MS = 300_000;
