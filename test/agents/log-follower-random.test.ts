/**
 * Every line once, in order, whatever happens: random writers, rotations, restarts, kills before and after a commit,
 * refusals and lost answers. A failure prints its seed; `FC_SEED=<seed>` runs that one again.
 *
 * What no follower can promise is kept out of the model, and only that: a file is truncated or deleted when what was
 * written to it has been read, and a file that is renamed out of the patterns' sight has been seen before.
 */
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { isPassing } from '../../agents/log-watcher/position-store.js';
import { type Fault, Killed } from '../support/fakes/fake-context.js';
import { WatchWorld } from './watch-world.js';

const seed = process.env['FC_SEED'];
const parameters = { numRuns: 120, ...(seed === undefined ? {} : { seed: Number(seed) }) };

type Step =
  | { readonly kind: 'write'; readonly log: number; readonly count: number; readonly width: number }
  | { readonly kind: 'half'; readonly log: number }
  | { readonly kind: 'poll'; readonly faults: readonly (Fault | undefined)[]; readonly silence: number }
  | { readonly kind: 'rename' | 'copytruncate' | 'delete-rotated' | 'write-rotated'; readonly log: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'kill' };

const log = fc.nat(2);
const fault = fc.option(fc.constantFrom<Fault>('die before commit', 'die after commit', 'refuse', 'lose answer'), {
  nil: undefined,
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      log,
      count: fc.integer({ min: 1, max: 30 }),
      width: fc.constantFrom(0, 10, 3_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('half' as const), log }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('poll' as const), faults: fc.constant([]), silence: fc.constant(0) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('poll' as const),
      faults: fc.array(fault, { maxLength: 4 }),
      silence: fc.nat(2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'rename' as const,
        'copytruncate' as const,
        'delete-rotated' as const,
        'write-rotated' as const,
      ),
      log,
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ kind: 'stop' as const }, { kind: 'kill' as const }) },
);

/** One log of a writer that numbers its lines, and its rotated files. */
class Writer {
  readonly written: string[] = [];
  /** The line that has no newline yet. */
  half = '';
  rotated: string[] = [];
  #rotations = 0;

  constructor(
    private readonly world: WatchWorld,
    readonly name: string,
  ) {}

  get exists(): boolean {
    return existsSync(this.world.path(this.name));
  }

  write(count: number, width: number, file = this.name): void {
    for (let n = 0; n < count; n++) {
      const line = `${this.half}${this.name} ${this.written.length} ${'.'.repeat(width)}`;
      this.world.append(file, `${line.slice(this.half.length)}\n`);
      this.half = '';
      this.written.push(line);
    }
  }

  startHalf(): void {
    this.half += 'half ';
    this.world.append(this.name, 'half ');
  }

  finishHalf(): void {
    if (this.half !== '') this.write(1, 0);
  }

  rename(): void {
    this.finishHalf();
    const target = `${this.name}.${++this.#rotations}`;
    renameSync(this.world.path(this.name), this.world.path(target));
    this.rotated.push(target);
  }

  copyTruncate(): void {
    copyFileSync(this.world.path(this.name), this.world.path(`copies/${++this.#rotations}`));
    truncateSync(this.world.path(this.name));
  }

  deleteRotated(): void {
    const oldest = this.rotated.shift();
    if (oldest !== undefined) unlinkSync(this.world.path(oldest));
  }
}

class Scenario {
  readonly writers: readonly Writer[];

  constructor(readonly world: WatchWorld) {
    this.writers = ['logs/a.log', 'logs/b.log', 'logs/c.log'].map((name) => new Writer(world, name));
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const one of steps) await this.#perform(one);
    for (const writer of this.writers) writer.finishHalf();
    await this.#readAll();
    await this.world.stop();
    await this.#readAll();
  }

  async #perform(one: Step): Promise<void> {
    if (one.kind === 'stop') return this.world.stop();
    if (one.kind === 'kill') return this.world.kill();
    if (one.kind === 'poll') return this.#pollWith(one.faults, one.silence);
    const writer = this.writers[one.log];
    if (writer === undefined) return;
    if (one.kind === 'write') return writer.write(one.count, one.width);
    if (one.kind === 'half') return writer.startHalf();
    if (one.kind === 'rename' && writer.exists) {
      await this.#readAll(); // it must have been seen; what follows is written after that, and is owed all the same
      writer.write(3, 5);
      return writer.rename();
    }
    if (one.kind === 'write-rotated') return this.#writeRotated(writer);
    if (one.kind === 'copytruncate' && writer.exists) {
      writer.finishHalf();
      await this.#readAll();
      return writer.copyTruncate();
    }
    if (one.kind === 'delete-rotated') {
      await this.#readAll();
      writer.deleteRotated();
    }
  }

  /** A writer that has not opened its new file yet. */
  #writeRotated(writer: Writer): void {
    const latest = writer.rotated.at(-1);
    if (latest !== undefined && !writer.exists) writer.write(2, 5, latest);
  }

  async #pollWith(faults: readonly (Fault | undefined)[], silence: number): Promise<void> {
    const { store } = this.world;
    store.faults.push(...faults);
    store.silentCheckpoints = silence;
    try {
      await this.world.poll();
    } catch (error) {
      if (error instanceof Killed) await this.world.kill();
      else if (!isPassing(error)) throw error;
    }
    store.faults.length = 0;
    store.silentCheckpoints = 0;
  }

  #readAll(): Promise<void> {
    return this.world.poll();
  }
}

describe('a log follower in any sequence of events', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mesh-watch-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const modes = [
    { title: 'that sees rotated files only because it follows them', files: ['logs/*.log'] },
    { title: 'whose patterns match rotated files too', files: ['logs/*.log*'] },
  ];
  for (const { title, files } of modes) {
    it(`records every line once and in order, ${title}`, async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          const world = new WatchWorld(join(home, String(run++)), { files, fromStart: true });
          const scenario = new Scenario(world);
          try {
            await scenario.run(steps);
            for (const writer of scenario.writers) {
              const recorded = world.records().filter(({ line }) => line.includes(`${writer.name} `));
              expect(recorded.map(({ line }) => line)).to.deep.equal(writer.written);
            }
          } finally {
            await world.kill();
            rmSync(world.home, { recursive: true, force: true });
          }
        }),
        parameters,
      );
    }).timeout(60_000);
  }
});
