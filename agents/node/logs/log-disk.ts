/**
 * Whether the disk of the logs still takes what processes write. It cannot be asked by writing: the files are the
 * processes' own, and a write that fails is known to them alone. So its room is looked at. Full is what is so in two looks
 * in a row, because a log that is just being cut gives room; and it stays so until there is twice as much.
 */
import { statfsSync } from 'node:fs';
import { KIB } from '../../../common/core/limits/units.js';

export class LogDisk {
  isFull = false;
  #looksLow = 0;

  constructor(private readonly folder: string) {}

  /** @returns the room that is left, in bytes */
  look(): number {
    const leftBytes = freeBytesIn(this.folder);
    if (leftBytes < ROOM_BYTES_MIN) this.#looksLow++;
    else if (!this.isFull || leftBytes >= 2 * ROOM_BYTES_MIN) this.#looksLow = 0;
    this.isFull = this.#looksLow >= LOOKS_LOW;
    return leftBytes;
  }
}

/** What whoever runs this may still write there: a part of a disk may be kept for root. */
function freeBytesIn(folder: string): number {
  try {
    const { bfree, bavail, bsize } = statfsSync(folder);
    return (process.getuid?.() === 0 ? bfree : bavail) * bsize;
  } catch {
    return Number.POSITIVE_INFINITY; // a folder that cannot even be looked at is told of by whoever works in it
  }
}

/** Some blocks are always left over that no file gets. */
const ROOM_BYTES_MIN = 32 * KIB;
const LOOKS_LOW = 2;
