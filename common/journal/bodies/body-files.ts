/**
 * The bodies of a machine that are files: `<folder>/<hh>/<sha256>`, each under the hash of its content. The name of a file
 * is made of a hash and of nothing else that anybody says.
 *
 * F1. A body is there whole or not at all: it is written beside, synced, and renamed; then its folder is synced.
 * F2. Only plain files below the folder are read: no link leads out of it.
 * F3. A file that is not used is removed only when it is old, looked at in the moment of removal; `touch` makes it new.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants, lstatSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError, systemCodeOf } from '../../core/errors.js';
import { randomId } from '../../core/ids.js';
import { limits } from '../../core/limits.js';
import { storeError } from '../sqlite/sqlite-error.js';

const HASH = /^[0-9a-f]{64}$/;
const INCOMING = 'incoming';

export interface BodyFile {
  readonly hash: string;
  readonly size: number;
}

export class BodyFiles {
  constructor(private readonly folder: string) {}

  /** Makes the folder, and clears what an earlier process left half written. @throws JOURNAL_FAILED */
  open(): void {
    try {
      rmSync(join(this.folder, INCOMING), { recursive: true, force: true });
      mkdirSync(join(this.folder, INCOMING), { recursive: true, mode: 0o750 });
    } catch (thrown) {
      throw storeError(thrown, this.folder);
    }
  }

  /** The size of a body that is there, whatever is in it. @throws INVALID_INPUT for what is no hash */
  async sizeOf(hash: string): Promise<number | undefined> {
    const file = await this.#openFile(hash);
    try {
      return (await file?.stat())?.size;
    } finally {
      await file?.close();
    }
  }

  /** Whether what is there has its hash. */
  async isWhole({ hash, size }: BodyFile): Promise<boolean> {
    const file = await this.#openFile(hash);
    if (file === undefined) return false;
    try {
      if ((await file.stat()).size !== size) return false;
      const sum = createHash('sha256');
      for (let offset = 0; offset < size; ) {
        const bytes = await readAt(file, offset);
        if (bytes.byteLength === 0) return false;
        sum.update(bytes);
        offset += bytes.byteLength;
      }
      return sum.digest('hex') === hash;
    } finally {
      await file.close();
    }
  }

  /** A chunk. @throws NOT_FOUND, JOURNAL_DAMAGED (it is no plain file), INVALID_INPUT */
  async read(hash: string, offset: number): Promise<{ size: number; bytes: Uint8Array }> {
    const file = await this.#openFile(hash);
    if (file === undefined) {
      throw new MeshError('NOT_FOUND', `the body ${hash.slice(0, 12)}… is not on this machine any more`, {
        hint: 'Bodies go with the last record that refers to them.',
      });
    }
    try {
      const { size } = await file.stat();
      return { size, bytes: offset >= size ? new Uint8Array() : await readAt(file, offset) };
    } catch (thrown) {
      throw storeError(thrown, this.folder);
    } finally {
      await file.close();
    }
  }

  /** Makes the body new, so that it is not removed as one that nobody uses. */
  async touch(hash: string, wallMs: number): Promise<void> {
    const time = wallMs / 1_000;
    await utimes(this.#pathOf(hash), time, time).catch(() => undefined);
  }

  /** Begins to write one. @throws JOURNAL_FAILED */
  async begin(): Promise<IncomingBody> {
    const path = join(this.folder, INCOMING, randomId(20));
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      return new IncomingBody(path, await open(path, flags, 0o640));
    } catch (thrown) {
      throw storeError(thrown, this.folder);
    }
  }

  /**
   * Puts what was written in its place, synced. @throws INVALID_INPUT when it is not what its hash says, JOURNAL_FAILED
   * @param onPlaced in the turn in which it is there, whatever comes after: how many bytes were there before
   */
  async finish(incoming: IncomingBody, hash: string, onPlaced: (replacedBytes: number) => void): Promise<void> {
    const path = this.#pathOf(hash);
    try {
      await incoming.seal(hash);
      await mkdir(this.#shelfOf(hash), { recursive: true, mode: 0o750 });
      const replacedBytes = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
      renameSync(incoming.path, path);
      onPlaced(replacedBytes);
      await this.syncNames(hash);
    } catch (thrown) {
      await incoming.discard();
      throw thrown instanceof MeshError ? thrown : storeError(thrown, this.folder);
    }
  }

  /** A body that is there is there after a power cut, too: whoever put it there may have died before he saw to that. */
  async syncNames(hash: string): Promise<void> {
    try {
      await syncFolder(this.#shelfOf(hash));
      await syncFolder(this.folder);
    } catch (thrown) {
      throw storeError(thrown, this.folder);
    }
  }

  /** The bodies whose hashes begin with these two digits. */
  async list(shelf: string): Promise<BodyFile[]> {
    const names = await readdir(join(this.folder, shelf)).catch(() => []);
    return names.flatMap((hash) => {
      const found = HASH.test(hash) ? statSync(this.#pathOf(hash), { throwIfNoEntry: false }) : undefined;
      return found?.isFile() ? [{ hash, size: found.size }] : [];
    });
  }

  /** F3. Looks and removes in one turn, so that nothing comes between. True when it is gone. */
  removeIfOlder(hash: string, thanWallMs: number): boolean {
    const path = this.#pathOf(hash);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.mtimeMs >= thanWallMs) return false;
    unlinkSync(path);
    return true;
  }

  #shelfOf(hash: string): string {
    return join(this.folder, hash.slice(0, 2));
  }

  #pathOf(hash: string): string {
    if (HASH.test(hash)) return join(this.folder, hash.slice(0, 2), hash);
    throw new MeshError('INVALID_INPUT', 'a body is named by the 64 hex digits of its SHA-256');
  }

  /** F2. Undefined when there is none. @throws JOURNAL_DAMAGED */
  async #openFile(hash: string): Promise<FileHandle | undefined> {
    const path = this.#pathOf(hash);
    let file: FileHandle | undefined;
    try {
      const shelf = await lstat(this.#shelfOf(hash));
      if (!shelf.isDirectory()) throw noPlainFile(hash);
      // A pipe would hold whoever opens it.
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if (!(await file.stat()).isFile()) throw noPlainFile(hash);
      return file;
    } catch (thrown) {
      await file?.close();
      const code = systemCodeOf(thrown);
      if (code === 'ENOENT') return undefined;
      if (code === 'ELOOP') throw noPlainFile(hash);
      throw storeError(thrown, this.folder);
    }
  }
}

/** A body that is being written. */
export class IncomingBody {
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.byteLength) {
      const { bytesWritten } = await this.file.write(bytes, written, bytes.byteLength - written, this.#size + written);
      written += bytesWritten;
    }
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
  }

  /** Nothing is written any more. @throws INVALID_INPUT */
  async seal(hash: string): Promise<void> {
    if (this.#hash.digest('hex') !== hash) {
      throw new MeshError('INVALID_INPUT', 'what was sent of the body is not what its hash says', {
        hint: 'Send it again from the beginning.',
      });
    }
    await this.file.sync();
    await this.file.close();
  }

  /** Idempotent; never throws. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => undefined);
    await rm(this.path, { force: true }).catch(() => undefined);
  }
}

async function readAt(file: FileHandle, offset: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(limits.bodyChunkBytes), 0, limits.bodyChunkBytes, offset);
  return buffer.subarray(0, bytesRead);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const noPlainFile = (hash: string): MeshError =>
  new MeshError(
    'JOURNAL_DAMAGED',
    `what is under the name of the body ${hash.slice(0, 12)}… is no file of this machine's`,
    {
      hint: 'Remove it from the folder of bodies, and look who put it there.',
      details: { hash },
    },
  );
