/** A process of a row, as the bench sees it: given tasks one after the other or side by side, and ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskMessage, WorkerMessage } from './worker-channel.js';

interface Asked {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerProcess {
  /** What the worker tells without being asked. */
  onNews: (value: number) => void = () => undefined;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #isStopped = false;

  /** @param worker name of a file in workers/. */
  constructor(worker: string, args: readonly string[] = []) {
    const file = fileURLToPath(new URL(`../workers/${worker}.js`, import.meta.url));
    this.#name = basename(file, '.js');
    // Standard output belongs to the bench's answer.
    this.#child = fork(file, args, { stdio: ['ignore', 2, 2, 'ipc'] });
    this.#child.on('message', (message: WorkerMessage) => this.#onMessage(message));
    this.#child.on('exit', (code, signal) => this.#failAll(`ended with ${signal ?? `exit code ${code}`}`));
    this.#child.on('error', (error) => this.#failAll(error.message));
  }

  /** Resolves when it serves, and listens if it is one that does. */
  static async start(worker: string, args: readonly string[] = []): Promise<WorkerProcess> {
    const process = new WorkerProcess(worker, args);
    try {
      await process.ask('ready');
      return process;
    } catch (error) {
      await process.close();
      throw error;
    }
  }

  /** @throws Error with the worker's words, or when it ends meanwhile */
  ask<T>(name: string, argument = 0): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error(`${this.#name} has ended`));
      const id = ++this.#lastId;
      this.#asked.set(id, { resolve: (value) => resolve(value as T), reject });
      this.#send({ kind: 'task', id, name, argument });
    });
  }

  tell(value: number): void {
    if (this.#child.connected) this.#send({ kind: 'news', value });
  }

  /** It is as slow as can be: it runs no more, and all that is sent to it waits. Ends with `close` all the same. */
  stop(): void {
    this.#child.kill('SIGSTOP');
    this.#isStopped = true;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS);
    if (this.#isStopped) this.#child.kill('SIGKILL');
    if (this.#child.connected) this.#child.disconnect();
    await exit;
    clearTimeout(timer);
  }

  #send(message: TaskMessage): void {
    this.#child.send(message);
  }

  #onMessage(message: WorkerMessage): void {
    if (message.kind === 'news') return this.onNews(message.value);
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if (message.kind === 'answer') asked?.resolve(message.value);
    else asked?.reject(new Error(`${this.#name}: ${message.message}`));
  }

  #failAll(reason: string): void {
    for (const { reject } of this.#asked.values()) reject(new Error(`${this.#name} ${reason}`));
    this.#asked.clear();
  }
}

const CLOSE_MS = 5_000;
