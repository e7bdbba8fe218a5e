/**
 * Follows files: each round finds them, reads what is new in turn, and stores it.
 *
 * F1  A line is recorded exactly once, whenever the process is killed: see `position-store.ts`.
 * F2  The lines of a file are recorded in their order, and those of a rotated file before those of its successor.
 * F3  No file starves: each gets a chunk in turn.
 * F4  What could not be stored is read again: a round that fails changes nothing that the next one does not mend.
 *
 * What nobody who only reads can promise: lines that are truncated away or deleted before they were read (also those that a
 * rotation by copy and truncate loses itself), and files that were never seen under a name that a pattern matches. So
 * where a log may be rotated twice while the watcher is down, the patterns should match the rotated names too; where it
 * is rotated by copying, they should not, for a copy is a file of its own.
 */
import type { AgentContext } from '../sdk/define-agent.js';
import { byAge, noteUnreadable, pathOf } from './file-scan.js';
import { FileSet } from './file-set.js';
import { parseGlob } from './glob.js';
import { LineReader } from './line-reader.js';
import { isFileError } from './open-file.js';
import { PositionStore } from './position-store.js';
import { ProblemBoard } from './problem-board.js';
import { compileRules } from './rules.js';
import { isPending, type TrackedFile } from './tracked-file.js';
import type { WatchConfig } from './watch-config.js';

/** The checkpoint that names the patterns whose files were taken in once. */
const PATTERNS = 'patterns';
/** Chunks of each file in one round: new and renamed files are noticed also while one is written without end. */
const ROUNDS_MAX = 64;

export interface FollowedFile {
  readonly file: string;
  /** Where it is now; absent when it was renamed out of the patterns' sight. */
  readonly path?: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

export class LogFollower {
  readonly #store: PositionStore;
  readonly #files: FileSet;
  readonly #reader: LineReader;
  readonly #problems: ProblemBoard;
  #begun: ReadonlySet<string> | undefined;

  /** Does no I/O. @throws CONFIG_INVALID naming the pattern or rule */
  constructor(private readonly context: AgentContext<WatchConfig>) {
    const { config, home, log } = context;
    const rules = compileRules(config.rules);
    const globs = config.files.map(parseGlob);
    const store = new PositionStore(context);
    const problems = new ProblemBoard(context);
    this.#store = store;
    this.#problems = problems;
    this.#reader = new LineReader({ store, rules, log });
    this.#files = new FileSet({ home, globs, store, problems, filesMax: config.filesMax, fromStart: config.fromStart });
  }

  get files(): FollowedFile[] {
    return this.#files.files.map(({ key, path, look }) => {
      const { file = '', offset = 0 } = this.#store.get(key) ?? {};
      return { file, ...(path === undefined ? {} : { path }), offset, sizeBytes: look.size };
    });
  }

  /**
   * Takes in the files that are there now: what is written to them from here on will be read. The first part of a round.
   * @throws as `pollOnce`
   */
  async find(): Promise<void> {
    if (this.#begun === undefined) await this.#load();
    await this.#store.settle();
    await this.#files.refresh(this.#begun ?? new Set());
    await this.#begin();
  }

  /**
   * One round.
   * @returns `isDone`: everything that was written before it is read; `told`: when the problems it met are told
   * @throws what the journal refused with, or what is wrong with a checkpoint; `isPassing` tells whether to try again
   */
  async pollOnce(): Promise<{ readonly isDone: boolean; readonly told: Promise<void> }> {
    await this.find();
    const isDone = await this.#drain();
    await this.#store.flush();
    return { isDone, told: this.#problems.endRound() };
  }

  /** Stores how far everything was read, and lets go of the files. */
  async stop(): Promise<void> {
    try {
      await this.#store.settle();
      await this.#store.flush(true);
    } finally {
      await this.close();
    }
  }

  /** Lets go of the files and stores nothing, as a crash does. */
  close(): Promise<void> {
    return this.#files.close();
  }

  async #load(): Promise<void> {
    await this.#store.load();
    const begun = await this.context.checkpoint(PATTERNS);
    this.#begun = new Set(Array.isArray(begun) ? begun.map(String) : []);
  }

  /** From here on the patterns are followed: their files have positions, and any other that turns up is new. */
  async #begin(): Promise<void> {
    const { files } = this.context.config;
    if (this.#begun?.size === files.length && files.every((pattern) => this.#begun?.has(pattern))) return;
    await this.#store.flush();
    await this.context.emitBatch([], { name: PATTERNS, value: files });
    this.#begun = new Set(files);
  }

  /** @returns whether everything that had been written was read */
  async #drain(): Promise<boolean> {
    let waiting = this.#files.files.filter(isPending).sort((a, b) => byAge(a, b) || a.generation - b.generation);
    for (let round = 0; waiting.length > 0 && round < ROUNDS_MAX; round++) {
      const generations = groupedByLog(waiting);
      const again: TrackedFile[] = [];
      for (const file of waiting) {
        if (this.context.signal.aborted) return false;
        const hasMore = this.#mustWait(file, generations.get(file.file) ?? []) || (await this.#readOn(file));
        if (hasMore) again.push(file);
      }
      waiting = again;
    }
    return waiting.length === 0;
  }

  /** F2: for the older generations of the same log; the youngest is the one that bears the name. */
  #mustWait(file: TrackedFile, generations: readonly TrackedFile[]): boolean {
    const bearsName = ({ file: name, path }: TrackedFile) => path === pathOf(this.context.home, name);
    return generations.some(
      (other) => other !== file && !bearsName(other) && (bearsName(file) || other.generation < file.generation),
    );
  }

  /** @returns whether there may be more to read of it now */
  async #readOn(file: TrackedFile): Promise<boolean> {
    try {
      if (await this.#reader.readOn(file)) return true;
      if (file.look.isDeleted) {
        if (!(await this.#reader.readLast(file))) return true;
        await this.#files.drop(file);
      }
      file.read = file.look;
    } catch (error) {
      if (!isFileError(error)) throw error;
      noteUnreadable(this.#problems, file.path ?? file.file, error);
    }
    return false;
  }
}

function groupedByLog(files: readonly TrackedFile[]): Map<string, TrackedFile[]> {
  const groups = new Map<string, TrackedFile[]>();
  for (const file of files) {
    const group = groups.get(file.file);
    if (group === undefined) groups.set(file.file, [file]);
    else group.push(file);
  }
  return groups;
}
