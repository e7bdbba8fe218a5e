/** A member of a consumer group as a process of its own, which can be killed: see `fixtures/stream-worker.ts`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../fixtures/stream-worker.js', import.meta.url));

export interface StreamWorkerOptions {
  readonly log: string;
  readonly name: string;
  readonly inFlight: number;
  /** What a record costs. */
  readonly workMs: number;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export class StreamWorker {
  /** Ids that it has done, by its own word. */
  readonly done: number[] = [];
  readonly exited: Promise<NodeJS.Signals | null>;
  readonly #child: ChildProcess;

  constructor({ log, name, inFlight, workMs, env = {} }: StreamWorkerOptions) {
    const argv = [PROGRAM, log, name, String(inFlight), String(workMs)];
    this.#child = spawn(process.execPath, argv, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Closed, not only ended: all that it wrote has been read.
    this.exited = once(this.#child, 'close').then(([, signal]) => signal);
    const { stdout } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.done.push(Number(line)));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.exited;
  }
}
