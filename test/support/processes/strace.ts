/**
 * The system calls of a living process, seen and made to fail by strace: what a bad disk does to a program, done to a real
 * one. Where strace is missing or may not be used, `attach` says so and answers undefined: the test is to be skipped.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { waitUntil } from '../wait-for.js';

export class Strace {
  #output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(pid: number, options: readonly string[]) {
    this.#child = spawn('strace', ['-f', '-q', '-p', String(pid), ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (chunk) => {
      this.#output += String(chunk);
    });
    this.#ended = once(this.#child, 'close');
  }

  /** Why it cannot be used here; empty when it can. */
  static get missing(): string {
    const { status, stderr, error } = spawnSync('strace', ['-f', '-o', '/dev/null', process.execPath, '-e', '0']);
    if (status === 0) return '';
    return error === undefined ? String(stderr).trim() : error.message;
  }

  /** @param options as strace takes them, after the process. Resolves when all of its threads are watched. */
  static async attach(pid: number, options: readonly string[]): Promise<Strace> {
    const strace = new Strace(pid, options);
    await waitUntil('strace to be attached', () => tracersOf(pid).every((tracer) => tracer === strace.#child.pid));
    return strace;
  }

  get lines(): string[] {
    return this.#output.split('\n');
  }

  /** The process goes on as if nothing had been. */
  async detach(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}

/** Of each thread. */
const tracersOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(/TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))?.[1] ?? 0),
  );
