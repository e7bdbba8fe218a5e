/**
 * Room that is kept on the disk of a store for when it is full: a file of zeros that is really written, so that its blocks
 * are taken. Given up, it lets what must still be written be written; it is taken back as soon as there is room again.
 */
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { limits } from '../../core/limits.js';

const BLOCK = Buffer.alloc(64 * 1024);

export class DiskReserve {
  readonly #file: string;

  constructor(storeFile: string) {
    this.#file = `${storeFile}.reserve`;
  }

  /** False when there is no room for it, with some to spare, or it cannot be written, or the disk does not even say. */
  take(): boolean {
    try {
      if (statSync(this.#file, { throwIfNoEntry: false })?.size === limits.diskReserveBytes) return true;
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      if (bavail * bsize < limits.diskReserveBytes + limits.diskRoomBytes) return false;
      this.#write();
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  release(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch {
      // A disk that cannot be written at all: then the reserve is of no use either.
    }
  }

  #write(): void {
    const descriptor = openSync(this.#file, 'w', 0o640);
    try {
      for (let at = 0; at < limits.diskReserveBytes; ) at += writeSync(descriptor, BLOCK, 0, BLOCK.length, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
