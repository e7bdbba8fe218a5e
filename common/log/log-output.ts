/**
 * Standard output as the file of a log: each line is written before `write` returns. A file that takes nothing (its disk is
 * full) ends nobody and is waited for by nobody: lines are held up to a bound, go out before the next one as soon as there
 * is room, and how many were beyond that bound is told then. No line is torn by that.
 */
import { writeSync } from 'node:fs';
import { limits } from '../core/limits.js';

const STANDARD_OUTPUT = 1;
const NOTHING = Buffer.alloc(0);

export class LogOutput {
  #waiting: Buffer = NOTHING;
  #lostCount = 0;

  /** @param onLost lines were lost, and there is room again: it may write */
  constructor(private readonly onLost: (count: number) => void) {}

  write(line: string): void {
    this.#waiting = put(this.#waiting);
    if (this.#waiting.length === 0 && this.#lostCount > 0) {
      const count = this.#lostCount;
      this.#lostCount = 0;
      this.onLost(count);
    }
    const bytes = Buffer.from(line);
    const left = this.#waiting.length === 0 ? put(bytes) : bytes;
    const heldBytes = this.#waiting.length + left.length;
    // Of a line that was begun the rest is held, however long it is.
    if (this.#waiting.length > 0 && heldBytes > limits.logWaitingBytesMax) this.#lostCount++;
    else if (left.length > 0) this.#waiting = Buffer.concat([this.#waiting, left]);
  }
}

/** @returns what there was no room for */
function put(bytes: Buffer): Buffer {
  let left = bytes;
  try {
    while (left.length > 0) left = left.subarray(writeSync(STANDARD_OUTPUT, left));
  } catch {
    // ENOSPC, EIO, EPIPE: there is nobody to tell, and the next line tries again
  }
  return left;
}
