/** One file that is held open, so that it can be read to its end after it was renamed or deleted. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { keyOf } from './position.js';

/** What a file is at one moment. */
export interface Look {
  /** `device:inode` */
  readonly key: string;
  readonly size: number;
  readonly modifiedNs: bigint;
  /** No name is left: nobody will find it again. */
  readonly isDeleted: boolean;
}

/** The file behind a path; undefined when there is none, or none that has lines (a folder, a pipe). */
export async function lookAt(path: string): Promise<Look | undefined> {
  const stats = await stat(path, { bigint: true });
  return stats.isFile() ? lookOf(stats) : undefined;
}

export class OpenFile {
  private constructor(private readonly handle: FileHandle) {}

  /** Never waits: a pipe that took the place of a file would block an ordinary open until somebody writes. */
  static async open(path: string): Promise<OpenFile> {
    return new OpenFile(await open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  }

  async look(): Promise<Look | undefined> {
    const stats = await this.handle.stat({ bigint: true });
    return stats.isFile() ? lookOf(stats) : undefined;
  }

  /** Up to `length` bytes from `offset` on; fewer only at the end of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** What the system said of a file, as opposed to what the journal said or what is wrong in here. */
export const isFileError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

interface Stats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly nlink: bigint;
}

const lookOf = (stats: Stats): Look => ({
  key: keyOf(stats),
  size: Number(stats.size),
  modifiedNs: stats.mtimeNs,
  isDeleted: stats.nlink === 0n,
});
