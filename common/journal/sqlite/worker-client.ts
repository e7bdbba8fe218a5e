/**
 * The client's side of a store that runs in a worker thread: typed calls, bounded in number and bytes. Calls made in
 * one turn of the loop cross as one message, and the store runs them in the order they were made.
 *
 * A call fails with QUEUE_FULL (nothing was queued), CLOSED, what the store answers, or JOURNAL_FAILED when the thread
 * dies: then it is unknown whether it ran. A death nobody asked for is told to `onFatal` once, and the client is done.
 * That the file was found damaged while it is open is told to `onDamage`, once: whoever asked knows only of his own request.
 *
 * `close` waits for what was asked before, but not for a thread that is stuck in its disk: nothing can end that, and the
 * process that has one ends by SIGKILL alone.
 */
import { Worker } from 'node:worker_threads';
import { within } from '../../core/clock.js';
import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { ArgsOf, OperationTable, ResultOf, StoreReply, StoreRequest } from './store-port.js';

export interface WorkerClientOptions {
  /** The module of the worker. */
  readonly entry: URL;
  /** What it holds, for the text of errors. */
  readonly what: string;
  readonly onFatal?: (error: MeshError) => void;
  readonly onDamage?: ((error: MeshError) => void) | undefined;
  /** How long `close` waits. Default `limits.storeCloseMs`. */
  readonly closeMs?: number;
}

interface Pending {
  readonly sizeBytes: number;
  resolve(value: unknown): void;
  reject(error: MeshError): void;
}

export class WorkerClient<Ops extends OperationTable> {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #options: WorkerClientOptions;
  readonly #pending = new Map<number, Pending>();
  #outbox: StoreRequest[] = [];
  #queuedBytes = 0;
  #lastId = 0;
  #closing: Promise<void> | undefined;
  #death: MeshError | undefined;
  #isDamageTold = false;

  constructor(options: WorkerClientOptions) {
    this.#options = options;
    this.#worker = new Worker(options.entry, { name: options.what });
    this.#worker.on('message', (replies: readonly StoreReply[]) => {
      for (const reply of replies) this.#onReply(reply);
    });
    this.#worker.on('error', (thrown) => this.#onDeath(messageOf(thrown)));
    this.#worker.on('messageerror', (thrown) => this.#onDeath(messageOf(thrown)));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (exitCode) => {
        this.#onDeath(`its thread ended with ${exitCode}`);
        resolve();
      });
    });
  }

  /** Requests that wait for their reply. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** `sizeBytes`: what the request holds in memory, where that can be much. */
  call<Name extends keyof Ops & string>(
    name: Name,
    args: ArgsOf<Ops, Name>,
    sizeBytes = 0,
  ): Promise<ResultOf<Ops, Name>> {
    if (this.#closing !== undefined)
      return Promise.reject(new MeshError('CLOSED', `${this.#options.what} has been closed`));
    const isFull =
      this.#pending.size >= limits.journalQueueMax || this.#queuedBytes + sizeBytes > limits.journalQueueBytesMax;
    if (isFull) {
      const text = `${this.#options.what} has ${this.#pending.size} requests of ${this.#queuedBytes} bytes waiting`;
      return Promise.reject(
        new MeshError('QUEUE_FULL', text, { hint: 'Wait for earlier ones to be answered, then repeat.' }),
      );
    }
    return this.#send(name, args, sizeBytes);
  }

  /** Answers what was asked before, closes the store and ends the thread. Idempotent. @throws TIMED_OUT when it is stuck */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const { what, closeMs = limits.storeCloseMs } = this.#options;
    const stuck = () =>
      new MeshError('TIMED_OUT', `the thread of ${what} is stuck in the disk: what it was asked has no answer`, {
        hint: 'Nothing that was acknowledged is lost. Check the disk, and end its process with SIGKILL.',
      });
    try {
      if (this.#death === undefined) await within(this.#send('close', undefined, 0), closeMs, stuck);
    } catch (error) {
      // Not waited for: it ends when its disk answers.
      void this.#worker.terminate();
      this.#worker.unref();
      this.#onDeath(messageOf(error));
      throw error;
    }
    await within(this.#exited, limits.closeTimeoutMs, stuck).catch(() => this.#worker.terminate());
  }

  #send<Result>(name: string, args: unknown, sizeBytes: number): Promise<Result> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#queuedBytes += sizeBytes;
      this.#pending.set(this.#lastId, { sizeBytes, resolve: (value) => resolve(value as Result), reject });
      this.#outbox.push({ id: this.#lastId, name, args });
      if (this.#outbox.length === 1) queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    this.#worker.postMessage(requests);
  }

  #onReply(reply: StoreReply): void {
    const pending = this.#take(reply.id);
    if (pending === undefined) return;
    if (reply.ok) return pending.resolve(reply.value);
    const error = MeshError.fromBody(reply.error);
    if (isOfFile(error) && !this.#isDamageTold) {
      this.#isDamageTold = true;
      this.#options.onDamage?.(error);
    }
    pending.reject(error);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    this.#queuedBytes -= pending.sizeBytes;
    return pending;
  }

  #onDeath(reason: string): void {
    if (this.#death !== undefined) return;
    this.#death = new MeshError('JOURNAL_FAILED', `${this.#options.what} has stopped: ${reason}`, {
      hint: 'Restart its process.',
    });
    const wasAsked = this.#closing !== undefined;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(this.#death);
    if (!wasAsked) this.#options.onFatal?.(this.#death);
  }
}

/** What SQLite says of the file, as opposed to a record that is not what its hash says. */
const isOfFile = ({ code, details }: MeshError): boolean =>
  code === 'JOURNAL_DAMAGED' && /^SQLITE_/.test(String(details?.['cause'] ?? ''));
