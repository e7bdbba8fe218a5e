/**
 * The scenario of the mesh's first promise, from a seed: an agent of pc2 reports errors while the link to main fails in
 * every way, and pc2's node and main's broker are killed again and again; then the link is restored, slow, and both are
 * killed once more while main catches up. The oracle judges what main has.
 *
 * The seed draws what happens and at which count of reports; the scheduler of the box decides the rest. So a seed gives
 * the same faults at about the same places, and different interleavings.
 */
import { join } from 'node:path';
import { storedErrorCount, storedErrors } from './main-log.js';
import { judge, type Verdict } from './oracle.js';
import { Random } from './random.js';
import { fixture, TestFleet } from './test-fleet.js';
import { Hopeless, waitFor, waitUntil } from './wait-for.js';

export interface LinkChaosOptions {
  readonly seed: number;
  readonly errorCount: number;
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
export type Fault = (typeof FAULTS)[number];

/** What happens when so many reports were accepted (first act), or are on main (second act). */
interface Moment {
  readonly atCount: number;
  readonly fault: Fault;
}

export async function runLinkChaos({ seed, errorCount }: LinkChaosOptions): Promise<LinkChaosResult> {
  const startedMs = performance.now();
  const fleet = await TestFleet.start({ pc2: { reporter: fixture('reporter') } });
  try {
    const run = new LinkChaos(fleet, new Random(seed), errorCount);
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
  readonly #ledgerFile: string;
  readonly #faults: Record<Fault, number> = { killNode: 0, killBroker: 0, cut: 0, freeze: 0, flap: 0, mend: 0 };

  constructor(
    private readonly fleet: TestFleet,
    private readonly random: Random,
    private readonly errorCount: number,
  ) {
    this.#ledgerFile = join(fleet.root, 'ledger');
  }

  /** First act: the link is cut early; then kills, and a link that may come back and fail again. */
  async burst(): Promise<void> {
    const { random, errorCount, fleet } = this;
    const drawn = Array.from({ length: random.between(4, 8) }, (): Moment => {
      const fault = FAULTS[random.between(0, FAULTS.length - 1)] ?? 'cut';
      return { atCount: random.between(1, errorCount), fault };
    });
    const moments: Moment[] = [
      { atCount: random.between(0, errorCount / 5), fault: 'cut' },
      { atCount: random.between(1, errorCount), fault: 'killNode' },
      { atCount: random.between(1, errorCount), fault: 'killBroker' },
      ...drawn,
    ];
    const input = {
      count: errorCount,
      file: this.#ledgerFile,
      window: random.between(1, 64),
      perSecond: random.between(1_000, 4_000),
    };
    await fleet.pc2.call('reporter.burst', input);
    await this.#play(moments, () => this.#acceptedCount());
    await waitUntil('all reports to be accepted', async () => (await this.#acceptedCount()) === errorCount, WAIT_MS);
  }

  /** Second act: the link is restored, and slow enough that the kills fall into the middle of it. */
  async catchUp(): Promise<void> {
    const { random, errorCount, fleet } = this;
    fleet.link.bytesPerSecond = random.between(500_000, 4_000_000);
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
      verdict: judge({ ledgerFiles: [this.#ledgerFile], mainRecords }),
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
    return done;
  }

  /** With the few deaths that are told beside the reports: near enough to choose a moment by. */
  #mainCount(): number {
    return storedErrorCount(this.fleet.main.logFile);
  }
}

/** For ten thousand reports on a busy box; a run that needs longer hangs. */
const WAIT_MS = 120_000;
