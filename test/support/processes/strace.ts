/**
 * The system calls of a real process, seen and made to fail by strace: what a bad disk does to a program; or the process is
 * killed at one of them. Where strace is missing or may not be used, `missing` says so: the test is to be skipped.
 */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
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

export interface Errand {
  /** A program of Node. */
  readonly argv: readonly string[];
  readonly input: string;
  /** What it changes. */
  readonly files: readonly string[];
}

/**
 * Runs it until it comes to its `pass`th call of that kind on one of its files, which is not made: it is killed there.
 * False when it came to its end. @throws when it ended otherwise
 */
export function diesAtCall(call: string, pass: number, { argv, input, files }: Errand): boolean {
  const options = ['-D', '-f', '-q', '-o', '/dev/null', ...files.flatMap((file) => ['-P', file])];
  const doom = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${pass}`];
  // Each thread counts its own calls: what is done beside the main one is done by one thread.
  const env = { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '1' };
  return isKilled(spawnSync('strace', [...options, ...doom, process.execPath, ...argv], { input, env }));
}

/** What it was made to die of has killed it. @throws when it ended in another way than with its work done */
export function isKilled({ status, signal, stdout, stderr }: SpawnSyncReturns<Buffer>): boolean {
  if (signal === 'SIGKILL') return true;
  if (status === 0 && !stdout.includes('"failure"')) return false;
  throw new Error(`it ended with ${status ?? signal}: ${stdout}${stderr}`);
}

/** Of each thread. */
const tracersOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(/TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))?.[1] ?? 0),
  );
