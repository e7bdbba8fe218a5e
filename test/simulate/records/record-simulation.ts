/**
 * Agents, a node, main and the members of a consumer group on a virtual clock, over the real stores, the real outbox and the
 * real groups. Until so many steps were done everything fails in turn: processes die, the link breaks, loses, doubles, delays
 * and changes messages, disks are full and go back to older states. Then all is mended; when nothing moves any more the
 * oracle looks at what main has.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Random } from '../../support/random.js';
import { Timeline } from '../timeline.js';
import { RecordOracle } from './record-oracle.js';
import type { RecordSabotage } from './record-sabotage.js';
import { SimEmitter } from './sim-emitter.js';
import { SimLink } from './sim-link.js';
import { SimMain } from './sim-main.js';
import { DeliveryBook, GROUP, SimMember } from './sim-member.js';
import { SimNode } from './sim-node.js';
import type { SimStore } from './sim-store.js';

export interface RecordSimulationOptions {
  readonly seed: number;
  /** Until then everything fails in turn. */
  readonly steps: number;
  readonly sabotage?: RecordSabotage | undefined;
}

export interface RecordSimulationResult {
  readonly oracle: RecordOracle;
  readonly simulatedMs: number;
  readonly steps: number;
  /** How often each trouble was made. */
  readonly troubles: Readonly<Record<string, number>>;
}

/** What else befalls a run beside deaths and a bad link: nothing, or a disk that goes back to what it was. */
const DISKS = ['are kept', "pc2's goes back", "main's goes back"] as const;
/** Acknowledged records that the journal keeps: few, or all. */
const KEPT = [1_000_000, 20];
const DOUBT_MS = 5_000;
const EMITTERS = 3;
const MEMBERS = 3;
const REST_MS_MAX = 30 * 60_000;
/** What runs in a circle comes to no rest either. A run that does takes some ten thousand steps for it. */
const REST_STEPS_MAX = 100_000;
const LOOK_MS = 200;

export function simulateRecords(options: RecordSimulationOptions): RecordSimulationResult {
  const { stackTraceLimit } = Error;
  // Errors are answers here: nobody reads where they were made.
  Error.stackTraceLimit = 0;
  // Where there is no disk to wait for: what a sync is worth is for other tests.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mesh-simulation-'));
  const simulation = new RecordSimulation(folder, options);
  try {
    return simulation.run();
  } finally {
    simulation.close();
    rmSync(folder, { recursive: true, force: true });
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class RecordSimulation {
  readonly #timeline = new Timeline();
  readonly #random: Random;
  readonly #oracle = new RecordOracle();
  readonly #main: SimMain;
  readonly #link: SimLink;
  readonly #node: SimNode;
  readonly #emitters: readonly SimEmitter[];
  readonly #members: readonly SimMember[];
  readonly #disks: (typeof DISKS)[number];
  readonly #troubles: Record<string, number> = {};
  #calmMs = 0;
  #mainWentBackMs = Number.NEGATIVE_INFINITY;

  constructor(
    folder: string,
    private readonly options: RecordSimulationOptions,
  ) {
    const { seed, sabotage } = options;
    const timeline = this.#timeline;
    const random = new Random(seed);
    const oracle = this.#oracle;
    this.#random = random;
    this.#disks = DISKS[seed % DISKS.length] ?? DISKS[0];
    const main = new SimMain(join(folder, 'mesh.db'), timeline, random, sabotage);
    const link = new SimLink(main, timeline, random);
    const node = new SimNode({
      ...{ file: join(folder, 'journal.db'), timeline, random, main, link, sabotage },
      kept: KEPT[Math.floor(seed / DISKS.length) % KEPT.length] ?? 0,
      onReissue: () => oracle.forgiveOrder(),
      onPruned: () => {
        // Until both sides have compared, the journal believes that main has what it once acknowledged.
        if (timeline.nowMs < this.#mainWentBackMs + DOUBT_MS) oracle.onDiskLost(this.#held());
      },
    });
    const common = { timeline, random, node, main, oracle, sabotage, book: new DeliveryBook() };
    this.#main = main;
    this.#link = link;
    this.#node = node;
    this.#emitters = Array.from(
      { length: EMITTERS },
      (_, index) => new SimEmitter({ ...common, name: `agent-${index}` }),
    );
    this.#members = Array.from(
      { length: MEMBERS },
      (_, index) => new SimMember({ ...common, name: `member-${index}` }),
    );
  }

  run(): RecordSimulationResult {
    this.#trouble();
    this.#timeline.run();
    this.#oracle.judge(this.#main.file);
    return {
      oracle: this.#oracle,
      simulatedMs: this.#timeline.nowMs,
      steps: this.#timeline.happened,
      troubles: this.#troubles,
    };
  }

  close(): void {
    this.#node.die();
    this.#main.die();
  }

  #trouble(): void {
    if (this.#timeline.happened >= this.options.steps) return this.#calm();
    const random = this.#random;
    const [what, make] = random.pick<readonly [string, (lastsMs: number) => void]>([
      ['a node dies', (ms) => this.#killNode(ms)],
      ['main dies', (ms) => this.#killMain(ms)],
      ['the link breaks', (ms) => this.#cut(ms)],
      ['the link breaks and is back at once', () => this.#link.break()],
      ['an agent dies', () => random.pick(this.#emitters).dieAndComeBack()],
      ['the disk of pc2 is full', (ms) => this.#fill(this.#node.disk, ms)],
      ['the disk of main is full', (ms) => this.#fill(this.#main, ms)],
    ]);
    this.#troubles[what] = (this.#troubles[what] ?? 0) + 1;
    make(random.between(1, 400));
    this.#timeline.after(random.between(5, 250), () => this.#trouble());
  }

  #cut(lastsMs: number): void {
    this.#link.isCut = true;
    this.#link.break();
    this.#timeline.after(lastsMs, () => {
      this.#link.isCut = false;
    });
  }

  #fill(disk: { isFull: boolean }, lastsMs: number): void {
    disk.isFull = true;
    this.#timeline.after(lastsMs, () => {
      disk.isFull = false;
    });
  }

  #killNode(lastsMs: number): void {
    const node = this.#node;
    if (!node.isUp) return;
    node.die();
    if (this.#disks === "pc2's goes back" && this.#turnBack(node.disk, () => this.#held()))
      this.#oracle.onRepeatsForgotten(textsIn(this.#main.file), textsIn(node.options.file));
    this.#timeline.after(lastsMs, () => node.comeBack());
  }

  #killMain(lastsMs: number): void {
    const main = this.#main;
    if (!main.isUp) return;
    main.die();
    if (this.#disks === "main's goes back" && this.#turnBack(main, () => this.#held())) {
      this.#mainWentBackMs = this.#timeline.nowMs;
      this.#oracle.onIdsLost();
    }
    this.#timeline.after(lastsMs, () => main.comeBack());
  }

  /** The first death is the backup; a later one may bring it back, or be the next backup. True when the disk went back. */
  #turnBack(disk: SimStore | SimMain, held: () => ReadonlySet<string>): boolean {
    const isThere = this.#troubles['a disk is backed up'] !== undefined;
    const what = isThere && this.#random.next() < 0.3 ? 'a disk goes back' : 'a disk is backed up';
    if (what === 'a disk is backed up' && isThere && this.#random.next() < 0.7) return false;
    this.#troubles[what] = (this.#troubles[what] ?? 0) + 1;
    if (what === 'a disk is backed up') {
      disk.backUp();
      return false;
    }
    disk.goBack();
    this.#oracle.onDiskLost(held());
    for (const emitter of this.#emitters) emitter.era++;
    return true;
  }

  /** What is still to be had anywhere. */
  #held(): ReadonlySet<string> {
    return new Set([...textsIn(this.#main.file), ...textsIn(this.#node.options.file)]);
  }

  #calm(): void {
    this.#calmMs = this.#timeline.nowMs;
    this.#link.isCut = false;
    this.#link.trouble = { lost: 0, doubled: 0, late: 0, changed: 0 };
    for (const emitter of this.#emitters) emitter.isResting = true;
    for (const member of this.#members) member.isCareful = true;
    this.#look();
  }

  /** Until nothing is left to do anywhere. */
  #look(): void {
    const { nowMs, happened } = this.#timeline;
    const isOver = nowMs > this.#calmMs + REST_MS_MAX || happened > this.options.steps + REST_STEPS_MAX;
    if (isOver) {
      this.#oracle.fault('it never came to rest', `${happened} steps, ${Math.round(nowMs - this.#calmMs)} ms`);
      // It would go on in its circle for ever.
      this.#node.die();
    }
    if (!isOver && !this.#isAtRest()) {
      this.#timeline.after(LOOK_MS, () => this.#look());
      return;
    }
    this.#node.isResting = true;
    for (const member of this.#members) member.isOver = true;
  }

  #isAtRest(): boolean {
    const { nowMs } = this.#timeline;
    if (!this.#main.isUp || nowMs < this.#calmMs + LOOK_MS || !this.#node.isIdle) return false;
    if (this.#emitters.some(({ isIdle }) => !isIdle)) return false;
    const now = { monotonicMs: nowMs, wallMs: this.#main.wallMs };
    const group = this.#main.groups(now).find((one) => one.group === GROUP);
    return group !== undefined && group.pending === 0;
  }
}

/** Of all records in a file, past its store. */
function textsIn(file: string): Set<string> {
  const db = new Database(file, { readonly: true });
  const texts = db.prepare<[], Buffer>("SELECT body FROM records WHERE stream = 'work'").pluck().all();
  db.close();
  return new Set(texts.map(String));
}
