/**
 * The worker's side of a store. Runs requests in the order they came. While one runs (a commit that waits for the disk)
 * others gather, and all among them that write and follow one another become one group, which commits once: the slower the
 * disk, the larger the groups, without a timer. Promises one reply per request; after `close` the thread ends by itself.
 */
import type { MessagePort } from 'node:worker_threads';
import { MeshError, messageOf, toMeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { type Outcome, refused, succeeded } from './outcome.js';
import type { ArgsOf, OperationTable, ResultOf, StoreReply, StoreRequest } from './store-port.js';

/** A request of one of the operations that `Names` has, with its arguments. */
export type RequestOf<Ops extends OperationTable, Names extends keyof Ops> = {
  readonly [Name in Names]: { readonly name: Name; readonly args: ArgsOf<Ops, Name> };
}[Names];

/** How a store answers: each operation alone, but those that write and come often in groups. */
export interface StoreService<Ops extends OperationTable, Grouped extends keyof Ops> {
  readonly operations: {
    readonly [Name in Exclude<keyof Ops, Grouped>]: (args: ArgsOf<Ops, Name>) => ResultOf<Ops, Name>;
  };
  /** Those that share a transaction, each with the rows that one writes, for the bound of a group. */
  readonly grouped: { readonly [Name in Grouped]: (args: ArgsOf<Ops, Name>) => number };
  /** Answers each of the group, in order, after one commit; throws when nothing of it was stored. */
  runGroup(requests: readonly RequestOf<Ops, Grouped>[]): Outcome<ResultOf<Ops, Grouped>>[];
}

/** The same with the types taken off, which is all that a message port can promise. */
interface ErasedService {
  readonly operations: { readonly [name: string]: (args: never) => unknown };
  readonly grouped: { readonly [name: string]: (args: never) => number };
  runGroup(requests: readonly unknown[]): Outcome<unknown>[];
}

export function serveStore<Ops extends OperationTable, Grouped extends keyof Ops>(
  port: MessagePort,
  service: StoreService<Ops, Grouped>,
): void {
  new WorkerServer(port, service).listen();
}

class WorkerServer {
  readonly #port: MessagePort;
  readonly #service: ErasedService;
  #queue: StoreRequest[] = [];
  #isScheduled = false;

  constructor(port: MessagePort, service: ErasedService) {
    this.#port = port;
    this.#service = service;
  }

  listen(): void {
    this.#port.on('message', (requests: readonly StoreRequest[]) => {
      this.#queue.push(...requests);
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.#drain());
    });
  }

  /** One group or one operation per turn of the loop, so that whatever arrived meanwhile joins the next group. */
  #drain(): void {
    const count = this.#groupLength();
    const group = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    this.#port.postMessage(
      this.#isGrouped(group[0]) ? this.#answerGroup(group) : group.map((one) => this.#answer(one)),
    );
    this.#isScheduled = this.#queue.length > 0;
    if (this.#isScheduled) setImmediate(() => this.#drain());
    if (group[0]?.name === 'close') this.#port.close();
  }

  #isGrouped(request: StoreRequest | undefined): boolean {
    return request !== undefined && Object.hasOwn(this.#service.grouped, request.name);
  }

  /** How many at the head of the queue fit one transaction; 1 for an operation that stands alone. */
  #groupLength(): number {
    let rowCount = 0;
    let length = 0;
    for (const request of this.#queue) {
      if (!this.#isGrouped(request)) break;
      rowCount += this.#service.grouped[request.name]?.(request.args as never) ?? 1;
      if (length > 0 && rowCount > limits.groupCommitRowsMax) break;
      length += 1;
    }
    return Math.max(1, length);
  }

  #answerGroup(group: readonly StoreRequest[]): StoreReply[] {
    try {
      const outcomes = this.#service.runGroup(group.map(({ name, args }) => ({ name, args })));
      return group.map(({ id }, index) => replyOf(id, outcomes[index] ?? refused(new Error('no outcome'))));
    } catch (thrown) {
      return group.map(({ id }) => replyOf(id, refused(thrown)));
    }
  }

  #answer({ id, name, args }: StoreRequest): StoreReply {
    try {
      const operation = this.#service.operations[name];
      if (operation === undefined) throw new MeshError('UNKNOWN_METHOD', `the store has no operation ${name}`);
      return replyOf(id, succeeded(operation(args as never)));
    } catch (thrown) {
      return replyOf(id, refused(thrown));
    }
  }
}

function replyOf(id: number, outcome: Outcome<unknown>): StoreReply {
  return outcome.ok ? { id, ok: true, value: outcome.value } : { id, ok: false, error: bodyOf(outcome.error) };
}

/** The cause of an unexpected error would stay behind in this thread; its text goes along. */
function bodyOf(thrown: MeshError) {
  const error = toMeshError(thrown);
  if (error.code !== 'INTERNAL' || error.cause === undefined) return error.toBody();
  const stack = error.cause instanceof Error ? error.cause.stack : undefined;
  return {
    ...error.toBody(),
    details: { ...error.details, cause: messageOf(error.cause), ...(stack === undefined ? {} : { stack }) },
  };
}
