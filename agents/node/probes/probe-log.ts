/**
 * Well when a line of the agent's output matches, once and for all of this incarnation: only what was written after its
 * launch is looked at, each byte once. A log that was rotated meanwhile is shorter than it was, and is read from its
 * beginning.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setImmediate } from 'node:timers/promises';
import { systemCodeOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { Check } from './probe.js';

/** @param fromOffset the size of the log when the agent was launched */
export function logCheck(pattern: string, logFile: string, fromOffset: number): Check {
  const output = new OutputSearch(new RegExp(pattern), fromOffset);
  return async (signal) => {
    if (output.found) return;
    const file = await open(logFile, 'r').catch((error: unknown) => {
      throw new Error(`its log cannot be read: ${systemCodeOf(error)}`);
    });
    try {
      await output.readOn(file, signal);
    } finally {
      await file.close();
    }
    if (!output.found) throw new Error(`no line of its output matches ${pattern}`);
  };
}

class OutputSearch {
  found = false;
  #offset: number;
  /** The line that has no end yet, as far as it counts. */
  #begun = '';
  #decoder = new StringDecoder('utf8');

  constructor(
    private readonly pattern: RegExp,
    fromOffset: number,
  ) {
    this.#offset = fromOffset;
  }

  /** To the end of what is there, or to the match; goes on next time where the signal stopped it. */
  async readOn(file: FileHandle, signal: AbortSignal): Promise<void> {
    const { size } = await file.stat();
    if (size < this.#offset) this.#beginAnew();
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (!this.found && !signal.aborted) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      this.#search(this.#decoder.write(chunk.subarray(0, bytesRead)));
      await setImmediate(); // a gigabyte of output must not hold the node
    }
  }

  #beginAnew(): void {
    this.#offset = 0;
    this.#begun = '';
    this.#decoder = new StringDecoder('utf8');
  }

  #search(text: string): void {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      if (this.#matches(this.#begun + line)) return;
      this.#begun = '';
    }
    this.#begun = (this.#begun + last).slice(0, limits.probeLineMax);
  }

  #matches(line: string): boolean {
    this.found = this.pattern.test(line.slice(0, limits.probeLineMax).replace(/\r$/, ''));
    return this.found;
  }
}

const CHUNK_BYTES = 64 * 1024;
