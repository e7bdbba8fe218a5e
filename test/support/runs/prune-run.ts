/**
 * A whole fleet whose nodes, main's and another, are killed in the middle of pruning their journals and started again, while
 * agents of both go on storing records: with some steps of a prune committed and the next one written, or with that one
 * committed too. The oracle judges what main has. Brokers and agents go on as if nothing had been, and what is left of each
 * journal is sound, holds all that it keeps, and is pruned in the end.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { FAILPOINTS_VARIABLE, type Failpoint } from '../../../common/core/failpoint.js';
import { limits } from '../../../common/core/limits.js';
import { isSound } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { fixture, TestFleet } from '../fleet/test-fleet.js';
import type { TestMachine } from '../fleet/test-machine.js';
import { storedErrors, storedTexts } from '../oracle/main-log.js';
import { judge, type Verdict } from '../oracle/oracle.js';
import { FailpointFolder } from '../processes/failpoint-folder.js';
import { Hopeless, waitUntil } from '../wait-for.js';

export interface PruneResult {
  /** Of what had piled up, and was pruned. */
  readonly hoards: Verdict;
  /** Of what was stored meanwhile. */
  readonly live: Verdict;
  readonly kills: number;
  /** What was not as promised, a sentence each. */
  readonly faults: readonly string[];
}

/** Where a node dies, at which pass of that place, and how many steps of the prune are on the disk then. */
const deaths: readonly { readonly place: Failpoint; readonly pass: number; readonly steps: number }[] = [
  { place: 'journal.prune.written', pass: 1, steps: 0 },
  { place: 'journal.prune.committed', pass: 1, steps: 1 },
  { place: 'journal.prune.written', pass: 2, steps: 1 },
  { place: 'journal.prune.committed', pass: 2, steps: 2 },
];
/** More than the two steps that the last of them has done. */
const EXCESS = 2.5 * limits.pruneRowsMax;
const LIVE_PER_SECOND = 100;
const LIVE_MAX = 1_000_000;
/** A prune comes twice a minute; a busy box is given more. */
const LONG_MS = 180_000;

export async function runPrune(): Promise<PruneResult> {
  const agents = { hoarder: fixture('hoarder'), reporter: fixture('reporter') };
  const fleet = await TestFleet.open({ main: agents, pc2: agents });
  const pruned = fleet.machines.map((machine) => new PrunedMachine(machine, join(fleet.root, machine.name)));
  const { logFile } = fleet.main;
  try {
    for (const one of pruned) one.start();
    for (const one of pruned) await one.machine.ready();
    await Promise.all(pruned.map((one) => one.run()));
    const live = storedErrors(logFile).filter(({ code }) => code === 'BURST');
    return {
      hoards: judge({ ledgerFiles: pruned.map((one) => one.hoard), mainRecords: storedTexts(logFile, 'work') }),
      live: judge({
        ledgerFiles: pruned.map((one) => one.live),
        mainRecords: live.map(({ journalId, seq, message }) => ({ journalId, seq, text: message })),
      }),
      kills: pruned.length * deaths.length,
      faults: pruned.flatMap((one) => one.faults),
    };
  } catch (error) {
    console.error(fleet.outputs);
    throw error;
  } finally {
    await fleet.close();
  }
}

class PrunedMachine {
  readonly faults: string[] = [];
  readonly hoard: string;
  readonly live: string;
  readonly #failpoints: FailpointFolder;
  readonly #journal: string;
  #hoarded = 0;

  constructor(
    readonly machine: TestMachine,
    folder: string,
  ) {
    this.hoard = `${folder}-hoard`;
    this.live = `${folder}-live`;
    this.#failpoints = new FailpointFolder(`${folder}-failpoints`);
    this.#journal = join(machine.data, 'journal.db');
  }

  start(): void {
    this.machine.start(this.#failpoints.env);
  }

  async run(): Promise<void> {
    const { machine } = this;
    await this.#call('reporter.burst', {
      ...{ count: LIVE_MAX, file: this.live, window: 8, perSecond: LIVE_PER_SECOND },
    });
    const before = await this.#pids();
    this.#assertNobodyInherits(before);
    await this.#store(limits.journalAckedKept);
    for (const { place, pass, steps } of deaths) while (!(await this.#isCaught(place, pass, steps)));
    await waitUntil(`${machine.name} to have pruned`, () => this.#excess() < limits.pruneRowsMax, LONG_MS);
    await this.#finish();
    if (!isSound(verifyStore(this.#journal, 'journal', () => undefined)))
      this.faults.push(`the journal of ${machine.name} is not sound`);
    const after = await this.#pids();
    for (const [agent, pid] of before)
      if (after.get(agent) !== pid) this.faults.push(`${agent} of ${machine.name} was started again`);
  }

  /** False when the node had pruned before its place to die was set: then it died with nothing to do. */
  async #isCaught(place: Failpoint, pass: number, steps: number): Promise<boolean> {
    const { machine } = this;
    await this.#store(EXCESS);
    const oldest = this.#oldest();
    this.#failpoints.doom(place, pass);
    await waitUntil(`the node of ${machine.name} to die`, () => !this.#failpoints.isDoomed(place), LONG_MS);
    const { code, signal } = await machine.exit();
    if (signal !== 'SIGKILL') this.faults.push(`the node of ${machine.name} ended with ${code ?? signal}`);
    const excess = this.#excess();
    const goneCount = this.#oldest() - oldest;
    this.start();
    await machine.ready(LONG_MS);
    if (excess < 0) this.faults.push(`the journal of ${machine.name} keeps ${-excess} records too few`);
    if (excess < limits.pruneRowsMax / 2) return false;
    if (goneCount !== steps * limits.pruneRowsMax)
      this.faults.push(`${machine.name} at ${place} had pruned ${goneCount} records, not ${steps} steps`);
    return true;
  }

  /** So many records more, which are on main when this resolves. */
  async #store(count: number): Promise<void> {
    const { machine } = this;
    this.#hoarded += count;
    await this.#call('hoarder.hoard', { count, file: this.hoard });
    const isStored = async () => {
      const { stored, failed } = (await this.#call('hoarder.progress')) as { stored: number; failed: string };
      if (failed !== '') throw new Hopeless(failed);
      return stored === this.#hoarded;
    };
    await waitUntil(`the hoard of ${machine.name} to be stored`, isStored, LONG_MS);
    await this.#delivered();
  }

  /** All but the newest: others go on. */
  async #delivered(pendingMax = LIVE_PER_SECOND): Promise<void> {
    const isDelivered = async () => (await this.machine.ask('journal.status', {})).pendingCount <= pendingMax;
    await waitUntil(`what ${this.machine.name} stored to be on main`, isDelivered, LONG_MS);
  }

  /** Resolves when nobody stores anything more, and all is on main. */
  async #finish(): Promise<void> {
    await this.#call('reporter.finish');
    const isOver = async () => {
      const { isRunning, failed } = (await this.#call('reporter.progress')) as { isRunning: boolean; failed: string };
      if (failed !== '') throw new Hopeless(failed);
      return !isRunning;
    };
    await waitUntil(`the traffic of ${this.machine.name} to end`, isOver, LONG_MS);
    await this.#delivered(0);
  }

  /** The agent of this machine: the other one has it too. */
  #call(target: `${string}.${string}`, input: unknown = {}): Promise<unknown> {
    return this.machine.call(target.replace('.', `@${this.machine.name}.`), input);
  }

  async #pids(): Promise<Map<string, number>> {
    const { agents } = await this.machine.ask('node.ps', {});
    return new Map(agents.map(({ agent, pid }) => [agent, pid]));
  }

  #assertNobodyInherits(pids: ReadonlyMap<string, number>): void {
    for (const [agent, pid] of pids)
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(FAILPOINTS_VARIABLE))
        this.faults.push(`${agent} of ${this.machine.name} dies where its node is to`);
  }

  /** The place of the oldest record in the journal: all before it are pruned. */
  #oldest(): number {
    return this.#figure('SELECT min(position) FROM records');
  }

  /** Records that main has, beyond those that are kept. */
  #excess(): number {
    return this.#figure('SELECT sum(acked_seq - base_seq) FROM chains') - limits.journalAckedKept;
  }

  #figure(sql: string): number {
    const db = new Database(this.#journal, { readonly: true });
    try {
      return Number(db.prepare(sql).pluck().get());
    } finally {
      db.close();
    }
  }
}
