/**
 * Which files are followed. A file is taken in when a pattern finds it, and stays, by its inode, through every rename
 * until it is deleted and read to its end. What a file's position is worth after a restart is decided here too.
 */
import { dirname } from 'node:path';
import { byAge, type FoundFile, locate, noteUnreadable, pathOf, scanFiles } from './file-scan.js';
import { type Glob, pathMatches } from './glob.js';
import { LINE_BYTES_MAX } from './line-splitter.js';
import { isFileError, type Look, OpenFile } from './open-file.js';
import { HEAD_BYTES_MAX, hashOfHead, inodeOf, PATH_BYTES_MAX, type Position } from './position.js';
import type { PositionStore } from './position-store.js';
import type { ProblemBoard } from './problem-board.js';
import { isPending, type TrackedFile } from './tracked-file.js';

export interface FileSetOptions {
  readonly home: string;
  readonly globs: readonly Glob[];
  readonly filesMax: number;
  readonly fromStart: boolean;
  readonly store: PositionStore;
  readonly problems: ProblemBoard;
}

export class FileSet {
  readonly #tracked = new Map<string, TrackedFile>();
  #generation = 0;
  #isFirst = true;

  constructor(private readonly options: FileSetOptions) {}

  get files(): readonly TrackedFile[] {
    return [...this.#tracked.values()];
  }

  /** @param begun patterns that were followed before: what they find now and did not know is new, and read from its start */
  async refresh(begun: ReadonlySet<string>): Promise<void> {
    const { home, globs, problems } = this.options;
    const found = await scanFiles(home, globs, problems);
    for (const file of this.#tracked.values()) await this.#relook(file, found.get(file.key));
    const candidates = [...found.values()].filter(({ look }) => !this.#tracked.has(look.key));
    if (this.#isFirst) candidates.push(...(await this.#renamedMeanwhile(found)));
    this.#isFirst = false;
    for (const candidate of candidates.sort(byAge)) {
      const isFirstSeen = candidate.patterns.length > 0 && candidate.patterns.every((pattern) => !begun.has(pattern));
      try {
        await this.#follow(candidate, found, isFirstSeen && !this.options.fromStart);
      } catch (error) {
        if (!isFileError(error)) throw error;
        noteUnreadable(problems, candidate.path, error);
      }
    }
  }

  /** No more of this file: it is deleted and was read to its end. */
  async drop(file: TrackedFile): Promise<void> {
    this.#tracked.delete(file.key);
    await file.open.close();
  }

  async close(): Promise<void> {
    for (const file of this.files) await this.drop(file);
  }

  /** A renamed file is looked at after the scan, so that its last lines are seen before those of its successor. */
  async #relook(file: TrackedFile, found: FoundFile | undefined): Promise<void> {
    file.path = found?.path;
    const isInPlace = found?.file === file.file;
    file.look = isInPlace ? found.look : ((await file.open.look()) ?? file.look);
  }

  async #follow(found: FoundFile, all: ReadonlyMap<string, FoundFile>, fromEnd: boolean): Promise<void> {
    const { store } = this.options;
    const { key } = found.look;
    let position = store.get(key) ?? this.#underAnotherDevice(found, all);
    if (position === undefined && !this.#hasRoom(found, all)) return;
    const open = await OpenFile.open(found.path);
    try {
      const look = await open.look();
      if (look?.key !== key) return await open.close(); // replaced since it was found: the next round sees what is there
      if (position === undefined || !(await isSameContent(open, position))) {
        position = await this.#newPosition(found, open, look, fromEnd && position === undefined);
        store.put(position);
      }
      const path = found.patterns.length === 0 ? undefined : found.path;
      const { file } = position;
      this.#tracked.set(key, { key, file, open, generation: this.#generation++, path, look, read: undefined });
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  async #newPosition({ file }: FoundFile, open: OpenFile, look: Look, fromEnd: boolean): Promise<Position> {
    const offset = fromEnd ? await lastLineStart(open, look.size) : 0;
    const head = await open.read(0, Math.min(offset, HEAD_BYTES_MAX));
    const cursor = { offset, isSkipping: false };
    return { key: look.key, file, ...cursor, headLength: head.length, headHash: hashOfHead(head) };
  }

  /** Files whose position is known and that no pattern finds: rotated while nobody looked. Their last lines are owed. */
  async #renamedMeanwhile(found: ReadonlyMap<string, FoundFile>): Promise<FoundFile[]> {
    const { store, globs, home } = this.options;
    const renamed: FoundFile[] = [];
    for (const { key, file } of store.all()) {
      if (found.has(key)) continue;
      if (!globs.some((glob) => pathMatches(glob, file))) {
        store.remove(key); // its pattern was taken out of the configuration
        continue;
      }
      const place = await locate(dirname(pathOf(home, file)), key);
      if (place !== undefined) renamed.push({ ...place, file, patterns: [] });
    }
    return renamed;
  }

  /** Devices are numbered anew by a reboot: the same inode and name is the same file, if its head is (which is compared). */
  #underAnotherDevice(found: FoundFile, all: ReadonlyMap<string, FoundFile>): Position | undefined {
    const { store } = this.options;
    const { key } = found.look;
    const old = store
      .all()
      .find((known) => inodeOf(known.key) === inodeOf(key) && known.file === found.file && known.headLength > 0);
    if (old === undefined || all.has(old.key) || this.#tracked.has(old.key)) return undefined;
    const moved = { ...old, key };
    store.remove(old.key);
    store.put(moved);
    return moved;
  }

  /** Makes room at the cost of what needs it least: first positions of files that are gone, then rotated ones that were read. */
  #hasRoom({ file, look }: FoundFile, all: ReadonlyMap<string, FoundFile>): boolean {
    const { store, filesMax, problems } = this.options;
    if (Buffer.byteLength(file) > PATH_BYTES_MAX) {
      problems.note(`long ${look.key}`, `the path of ${file.slice(0, 200)}… is too long to be followed`);
      return false;
    }
    if (store.size >= filesMax || !store.hasRoomFor(look.key, file)) this.#makeRoom(all);
    if (store.size < filesMax && store.hasRoomFor(look.key, file)) return true;
    problems.note('room', `${store.size} files are followed, which is all there is room for: others are left out`, {
      filesMax,
      first: file,
    });
    return false;
  }

  #makeRoom(all: ReadonlyMap<string, FoundFile>): void {
    const { store } = this.options;
    for (const { key } of store.all()) {
      if (!all.has(key) && !this.#tracked.has(key)) store.remove(key);
    }
    if (store.size < this.options.filesMax) return;
    const spent = this.files.find((file) => file.path === undefined && !isPending(file));
    if (spent === undefined) return;
    store.remove(spent.key);
    this.#tracked.delete(spent.key);
    void spent.open.close().catch(() => undefined);
  }
}

/** Whether what was read of a file still stands in it. */
export async function isSameContent(open: OpenFile, { offset, headLength, headHash }: Position): Promise<boolean> {
  const look = await open.look();
  if (look === undefined || look.size < offset) return false;
  return hashOfHead(await open.read(0, headLength)) === headHash;
}

/** Where the last, unfinished line begins: it is read whole when it is finished. A very long one is begun in its middle. */
async function lastLineStart(open: OpenFile, size: number): Promise<number> {
  const from = Math.max(0, size - LINE_BYTES_MAX);
  const bytes = await open.read(from, size - from);
  const newline = bytes.lastIndexOf(0x0a);
  if (newline !== -1) return from + newline + 1;
  return from === 0 ? 0 : size;
}
