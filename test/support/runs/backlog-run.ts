/**
 * A machine was cut off for long: its records have piled up in its journal, and reach main when the link is back, while main
 * goes on living. The oracle judges both, what piled up and what was stored meanwhile; nobody may hold the backlog in memory,
 * and nobody else may notice much of it.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fixture, TestFleet } from '../fleet/test-fleet.js';
import { Figures, type Finding, type Measure } from '../oracle/figures.js';
import { storedTexts } from '../oracle/main-log.js';
import { judge, type Verdict } from '../oracle/oracle.js';
import { rssOf } from '../processes/process-census.js';
import { Hopeless, waitUntil } from '../wait-for.js';

export interface BacklogOptions {
  readonly recordCount: number;
  /** How long live traffic is watched while there is nothing else. */
  readonly idleMs: number;
}

export interface BacklogResult {
  /** Of what had piled up. */
  readonly backlog: Verdict;
  /** Of what was stored on main meanwhile. */
  readonly live: Verdict;
  readonly findings: readonly Finding[];
  readonly idleP99Ms: number;
  readonly drainMs: number;
}

const MIB = 1024 * 1024;
const bytes = (what: string): Measure => ({ what, unit: 'bytes', of: 'max', atMost: 200 * MIB });
const MEMORY = {
  node: bytes("memory of the node with the backlog, from the outage to the drain's end"),
  broker: bytes("memory of main's broker meanwhile"),
};
/** Two thousand records in a second, at least. */
const DRAIN: Measure = { what: 'a thousand records of the backlog reach main', unit: 'ms', of: 'max', atMost: 500 };
const STARVED: Measure = { what: 'a live record meanwhile', unit: 'ms', of: 'max', atMost: 5_000 };
const SLOWED: Measure = {
  what: 'a live record meanwhile, against one while there is nothing else',
  unit: 'times',
  of: 'max',
  atMost: 2,
  isTight: true,
};
const LOOK_MS = 50;

export async function runBacklog(options: BacklogOptions): Promise<BacklogResult> {
  const fleet = await TestFleet.start({
    main: { metronome: fixture('metronome') },
    pc2: { hoarder: fixture('hoarder') },
  });
  try {
    return await new BacklogRun(fleet, options).run();
  } catch (error) {
    console.error(fleet.outputs);
    throw error;
  } finally {
    await fleet.close();
  }
}

class BacklogRun {
  readonly #figures = new Figures();
  readonly #ledgers: { readonly backlog: string; readonly live: string };

  constructor(
    private readonly fleet: TestFleet,
    private readonly options: BacklogOptions,
  ) {
    this.#ledgers = { backlog: join(fleet.root, 'ledger-backlog'), live: join(fleet.root, 'ledger-live') };
  }

  async run(): Promise<BacklogResult> {
    const { main } = this.fleet;
    await main.call('metronome.start', { file: this.#ledgers.live });
    await pause(this.options.idleMs);
    const idle = await this.#times();
    await this.#outage();
    await this.#times(); // of what was stored during the outage
    const startedMs = performance.now();
    const busy = await this.#drain();
    const drainMs = performance.now() - startedMs;
    await main.call('metronome.stop');
    await waitUntil('the live records to arrive', async () => (await this.#ask()).onTheirWay === 0);
    return { ...this.#verdicts(), ...this.#judged(idle, busy, drainMs), drainMs };
  }

  /** The link is cut until all of the backlog is in pc2's journal. */
  async #outage(): Promise<void> {
    const { pc2, link } = this.fleet;
    const { recordCount: count } = this.options;
    link.cut();
    await pc2.call('hoarder.hoard', { count, file: this.#ledgers.backlog });
    const isStored = async () => {
      this.#weigh(0);
      const { stored, failed } = (await pc2.call('hoarder.progress')) as { stored: number; failed: string };
      if (failed !== '') throw new Hopeless(failed);
      return stored === count;
    };
    await waitUntil('the backlog to be stored', isStored, LONG_MS);
  }

  /** @returns how long live records took meanwhile */
  async #drain(): Promise<number[]> {
    const { main, pc2, link } = this.fleet;
    const { pid } = await main.process('broker');
    const busy: number[] = [];
    link.restore();
    const untilMs = performance.now() + LONG_MS;
    for (let pendingCount = 1; pendingCount > 0; await pause(LOOK_MS)) {
      this.#weigh(pid);
      busy.push(...(await this.#times()));
      pendingCount = (await pc2.ask('journal.status', {})).pendingCount;
      if (performance.now() > untilMs) throw new Error(`${pendingCount} records have not reached main in time`);
    }
    return [...busy, ...(await this.#times())];
  }

  #weigh(broker: number): void {
    this.#figures.add(MEMORY.node, rssOf(this.fleet.pc2.nodePid));
    if (broker !== 0) this.#figures.add(MEMORY.broker, rssOf(broker));
  }

  async #ask(): Promise<{ times: number[]; onTheirWay: number }> {
    return (await this.fleet.main.call('metronome.times')) as { times: number[]; onTheirWay: number };
  }

  async #times(): Promise<number[]> {
    return (await this.#ask()).times;
  }

  #judged(idle: readonly number[], busy: readonly number[], drainMs: number) {
    const idleP99Ms = p99(idle);
    for (const ms of busy) this.#figures.add(STARVED, ms);
    this.#figures.add(SLOWED, p99(busy) / idleP99Ms);
    this.#figures.add(DRAIN, drainMs / (this.options.recordCount / 1_000));
    return { findings: this.#figures.findings, idleP99Ms };
  }

  #verdicts() {
    const { logFile } = this.fleet.main;
    const of = (stream: string, file: string) =>
      judge({ ledgerFiles: [file], mainRecords: storedTexts(logFile, stream) });
    return { backlog: of('work', this.#ledgers.backlog), live: of('live', this.#ledgers.live) };
  }
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
}

/** For a million records on a busy box. */
const LONG_MS = 600_000;
