/**
 * The fleet that faults are done to: two machines of real processes, whose workers store numbered records all the time
 * and keep the oracle's ledger of it. The world knows what must hold whatever is done: no agent runs twice at any moment,
 * nobody is hurt but whom a fault is for, and in the end main has every turn of every worker once and in order.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../common/core/errors.js';
import { tokenOf } from '../../../common/core/process-scan.js';
import type { ProcessRowBody } from '../../../common/protocol/catalogue.js';
import { Figures, type Measure } from '../oracle/figures.js';
import { storedErrors, storedTexts } from '../oracle/main-log.js';
import { judge } from '../oracle/oracle.js';
import { countVerdict } from '../oracle/verdict-figures.js';
import { IncarnationWatch } from '../processes/incarnation-watch.js';
import { type Resident, residents } from '../processes/process-census.js';
import { waitFor, waitUntil } from '../wait-for.js';
import { type AgentSetup, fixture, TestFleet } from './test-fleet.js';
import type { TestMachine } from './test-machine.js';

export interface FaultWorldOptions {
  /** Workers of each machine. */
  readonly workerCount: number;
  /** Turns of each worker in a second. */
  readonly perSecond: number;
}

/** A worker and where it is. */
export interface Victim {
  readonly machine: TestMachine;
  readonly agent: string;
}

const none = (what: string): Measure => ({ what, unit: '', of: 'sum', atMost: 0 });
const SKIPPED = none('turns that no incarnation did');
const DOUBLED = none('agents that ran twice at a moment');
const HURT = none('agents that were started again though no fault was for them');
const INCIDENTS = none('errors on main that no fault explains');
const LEFT = none('processes left behind, or nodes that did not end with 0');

/** What the node tells of an agent that a fault was for. */
const EXPLAINED = ['AGENT_CRASHED', 'QUARANTINED', 'HUNG'];
/** Of a worker that is killed again and again: it comes back at once, and is never given up. */
const RELENTLESS = { firstMs: 100, maxMs: 100, starts: 1_000 };
/** How long one with a limit may be busy. */
const HANG_MS = 4_000;
/** Those that are to be started again when they hang. */
export const HANGING = ['stopped@pc2', 'blocked@pc2'];
/** So often may `frail` be started within a minute. */
export const FRAIL_STARTS = 5;

export class FaultWorld {
  readonly figures = new Figures();
  readonly #watch: IncarnationWatch;

  private constructor(
    readonly fleet: TestFleet,
    readonly workers: readonly Victim[],
  ) {
    this.#watch = new IncarnationWatch(this.#tokens);
  }

  static async open({ workerCount, perSecond }: FaultWorldOptions): Promise<FaultWorld> {
    const names = Array.from({ length: workerCount }, (_, index) => `worker-${index + 1}`);
    const worker = (more: Partial<AgentSetup> = {}): AgentSetup => ({
      ...fixture('worker', { perSecond }),
      restart: RELENTLESS,
      ...more,
    });
    const workers = Object.fromEntries(names.map((name) => [name, worker()]));
    const fleet = await TestFleet.start(
      {
        main: { ...workers, flooder: fixture('flooder') },
        pc2: {
          ...workers,
          // Those with a limit are started again when they hang; the others may be busy for ever.
          stopped: worker({ limits: { hangMs: HANG_MS } }),
          blocked: worker({ limits: { hangMs: HANG_MS } }),
          'stopped-patient': worker(),
          'blocked-patient': worker(),
          frail: { ...fixture('frail'), restart: { firstMs: 100, maxMs: 200, starts: FRAIL_STARTS, windowMs: 60_000 } },
        },
      },
      UP_MS,
    );
    const victims = fleet.machines.flatMap((machine) => names.map((agent): Victim => ({ machine, agent })));
    return new FaultWorld(fleet, victims);
  }

  /** Everything that lives and carries the mark of one machine, or of either: agents, brokers, and what those started. */
  residents(machine?: TestMachine): Resident[] {
    return residents(new Set(machine === undefined ? this.#tokens : [tokenOf(machine.home, machine.name)]));
  }

  get #tokens(): string[] {
    return this.fleet.machines.map(({ home, name }) => tokenOf(home, name));
  }

  async rows(): Promise<ProcessRowBody[]> {
    const answers = await Promise.all(this.fleet.machines.map((machine) => machine.ask('node.ps', {})));
    return answers.flatMap(({ agents }) => agents);
  }

  /** Does `fault`, and counts who else was started again meanwhile. `victims` are instances. */
  async sparing(victims: readonly string[], fault: () => Promise<void>): Promise<void> {
    const before = await this.rows();
    await fault();
    const after = new Map((await this.rows()).map((row) => [row.instance, row]));
    const hurt = before.filter(
      ({ instance, epoch }) => !victims.includes(instance) && after.get(instance)?.epoch !== epoch,
    );
    const toldOf = ({ instance }: ProcessRowBody) => `${instance}: ${after.get(instance)?.lastExit ?? 'is gone'}`;
    this.figures.count(HURT, hurt.map(toldOf));
  }

  /** Resolves when both machines are ready and each sees the other whole. */
  async whole(): Promise<void> {
    const { machines } = this.fleet;
    await Promise.all(machines.map((machine) => machine.ready(WHOLE_MS)));
    const names = machines.map(({ name }) => name);
    await Promise.all(machines.map((machine) => machine.sees(names, WHOLE_MS)));
  }

  /** Ends the work, lets all of it reach main, and asks the oracle. */
  async judge(): Promise<void> {
    await this.whole();
    const lastTurns = await this.#rest();
    for (const machine of this.fleet.machines) {
      const hasNothingLeft = async () => (await machine.ask('journal.status', {})).pendingCount === 0;
      await waitUntil(`${machine.name} to have nothing left`, hasNothingLeft, DRAIN_MS);
    }
    const { figures } = this;
    const { logFile } = this.fleet.main;
    const mainRecords = storedTexts(logFile, 'work');
    const folders = this.fleet.machines.map(({ home }) => join(home, 'ledgers'));
    const ledgerFiles = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    const verdict = judge({ ledgerFiles, mainRecords });
    countVerdict(figures, verdict);
    const texts = new Set(mainRecords.map(({ text }) => text));
    figures.count(SKIPPED, skipped(lastTurns, texts));
    figures.count(
      INCIDENTS,
      storedErrors(logFile)
        .filter(({ code }) => !EXPLAINED.includes(code))
        .map(({ code, message }) => `${code}: ${message}`),
    );
  }

  /** Takes the fleet down and counts what was not as it should be. */
  async close(): Promise<void> {
    this.#watch.close();
    this.figures.count(DOUBLED, [...this.#watch.doubles]);
    const faults = await this.fleet.close().then(
      () => [],
      (error: unknown) => messageOf(error).split('\n'),
    );
    this.figures.count(LEFT, faults);
  }

  /** How well it looked for doubles. */
  get watched(): string {
    const { samples, longestGapMs } = this.#watch;
    return `${samples} looks for doubles, the longest gap ${Math.round(longestGapMs)} ms`;
  }

  /** The last turn of each worker, by instance. */
  async #rest(): Promise<Map<string, number>> {
    const names = (await this.rows()).filter(({ actions }) => actions.includes('rest'));
    const turns = await Promise.all(
      names.map(async ({ instance, machine }) => {
        const at = this.fleet.machines.find(({ name }) => name === machine) ?? this.fleet.main;
        const { turn } = await waitFor(`${instance} to rest`, async () => {
          return (await at.call(`${instance}.rest`)) as { turn: number };
        });
        return [instance, turn] as const;
      }),
    );
    return new Map(turns);
  }
}

function skipped(lastTurns: ReadonlyMap<string, number>, texts: ReadonlySet<string>): string[] {
  return [...lastTurns].flatMap(([instance, last]) =>
    Array.from({ length: last }, (_, index) => `${instance} ${index + 1}`).filter((text) => !texts.has(text)),
  );
}

/** For many workers on a busy box. */
const UP_MS = 120_000;
/** For a box that is busy with other things: how long it really took is a figure. */
const WHOLE_MS = 60_000;
/** For what piled up in a long run. */
const DRAIN_MS = 60_000;
