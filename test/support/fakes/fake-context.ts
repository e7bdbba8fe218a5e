/**
 * The mesh as one agent sees it, without a mesh: what it publishes, emits and reports is there to be looked at. Records
 * go through the real codec and the real bounds; a batch and its checkpoint are stored together or not at all.
 *
 * `FakeStore` is what outlives a process. Its `faults` say how the next batches end; after a death every word of that
 * context fails, as the words of a dead process do, and the test goes on with a new context over the same store.
 */

import type { AgentContext } from '../../../agents/sdk/define-agent.js';
import type { Checkpoint, NewRecord, Receipt, ReportReceipt } from '../../../agents/sdk/mesh.js';
import type { RegistryClient } from '../../../agents/sdk/registry-client.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { AgentLog } from '../../../common/log/log.js';
import { completeReport, ERRORS_STREAM, ErrorReport, reportOf } from '../../../common/protocol/errors/error-report.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import { instanceOf } from '../../../common/protocol/name.js';
import { compile } from '../../../common/protocol/schema.js';
import { assertTopic } from '../../../common/protocol/topic.js';

export type Fault =
  | 'die before commit'
  | 'die after commit'
  /** A typed refusal: nothing is stored. */
  | 'refuse'
  /** Stored, and the agent hears that nobody knows. */
  | 'lose answer';

/** What a test throws through an agent to end it on the spot. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface StoredRecord {
  readonly stream: string;
  readonly body: unknown;
}

const errorReport = compile<ErrorReport>(ErrorReport);

export class FakeStore {
  readonly records: StoredRecord[] = [];
  /** How the next batches end, in order; none left means well. */
  readonly faults: (Fault | undefined)[] = [];
  /** So many of the next questions for a checkpoint are not answered. */
  silentCheckpoints = 0;
  batchCount = 0;
  readonly #checkpoints = new Map<string, Buffer>();

  /** All or nothing. @throws TOO_LARGE as a journal does */
  commit(records: readonly NewRecord[], checkpoint: Checkpoint | undefined): Receipt[] {
    const sealed = records.map(({ stream, body }) => ({ stream, bytes: encode(body) }));
    const value = checkpoint === undefined ? undefined : encode(checkpoint.value);
    const bytes = sealed.reduce((sum, record) => sum + record.bytes.length, 0);
    const largest = Math.max(0, ...sealed.map((record) => record.bytes.length));
    const fits =
      sealed.length <= limits.recordBatchMax &&
      bytes <= limits.recordBatchBytesMax &&
      largest <= limits.recordBodyBytesMax &&
      (value?.length ?? 0) <= limits.checkpointBytesMax;
    if (!fits) throw new MeshError('TOO_LARGE', `${sealed.length} records of ${bytes} bytes do not fit`);
    this.batchCount++;
    if (checkpoint !== undefined && value !== undefined) this.#checkpoints.set(checkpoint.name, value);
    return sealed.map(({ stream, bytes: body }) => {
      const seq = this.records.push({ stream, body: decode(body) });
      return { journalId: '0'.repeat(20), seq, hash: new Uint8Array(32) };
    });
  }

  checkpoint(name: string): unknown {
    const value = this.#checkpoints.get(name);
    return value === undefined ? undefined : decode(value);
  }

  get checkpointNames(): string[] {
    return [...this.#checkpoints.keys()];
  }

  bodiesOf(stream: string): unknown[] {
    return this.records.filter((record) => record.stream === stream).map(({ body }) => body);
  }

  /** The error bus; every body on it is a valid report. */
  get reports(): ErrorReport[] {
    return this.bodiesOf(ERRORS_STREAM).map((body) => errorReport.assert(body, 'a record on the error bus'));
  }
}

export interface FakeContextOptions<Config> {
  readonly config: Config;
  readonly home?: string;
  readonly agent?: string;
  readonly machine?: string;
  readonly store?: FakeStore;
}

export class FakeContext<Config = unknown> implements AgentContext<Config> {
  readonly agent: string;
  readonly machine: string;
  readonly instance: string;
  readonly epoch = 1;
  readonly config: Config;
  readonly home: string;
  readonly store: FakeStore;
  readonly published: { readonly topic: string; readonly body: unknown }[] = [];
  readonly logged: {
    readonly level: string;
    readonly fields: object | string;
    readonly message: string | undefined;
  }[] = [];
  readonly #ending = new AbortController();
  #isDead = false;

  constructor(options: FakeContextOptions<Config>) {
    this.config = options.config;
    this.home = options.home ?? '/nowhere';
    this.agent = options.agent ?? 'agent';
    this.machine = options.machine ?? 'main';
    this.instance = instanceOf(this.agent, this.machine);
    this.store = options.store ?? new FakeStore();
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The agent is to stop. */
  end(): void {
    this.#ending.abort(new MeshError('INTERRUPTED'));
  }

  readonly log: AgentLog = logInto((entry) => this.logged.push(entry));

  readonly publish = (topic: string, body: unknown): number => {
    this.#assertAlive();
    assertTopic(topic);
    return this.published.push({ topic, body: decode(encode(body)) });
  };

  readonly emit = async (stream: string, body: unknown): Promise<Receipt> => {
    const [receipt] = await this.emitBatch([{ stream, body }]);
    if (receipt === undefined) throw new Error('a record without a receipt');
    return receipt;
  };

  readonly emitBatch = async (records: readonly NewRecord[], checkpoint?: Checkpoint): Promise<Receipt[]> => {
    await new Promise(setImmediate); // as over a wire: never in the same turn
    this.#assertAlive();
    const fault = this.store.faults.shift();
    if (fault === 'refuse') throw new MeshError('JOURNAL_FAILED');
    if (fault === 'die before commit') this.#die();
    const receipts = this.store.commit(records, checkpoint);
    if (fault === 'die after commit') this.#die();
    if (fault === 'lose answer') throw new MeshError('CONNECTION_LOST');
    return receipts;
  };

  readonly checkpoint = async (name: string): Promise<unknown> => {
    this.#assertAlive();
    if (this.store.silentCheckpoints > 0) {
      this.store.silentCheckpoints--;
      throw new MeshError('UNREACHABLE');
    }
    return this.store.checkpoint(name);
  };

  readonly report = async (error: unknown, rest: Partial<ErrorReport> = {}): Promise<ReportReceipt> => {
    const report = isReport(error) ? completeReport({ ...error, ...rest }) : reportOf(error, rest);
    return { ...(await this.emit(ERRORS_STREAM, report)), folded: false };
  };

  readonly call = (): Promise<never> => Promise.reject(new MeshError('UNREACHABLE', 'there is no mesh here'));

  readonly stream = (): never => {
    throw new MeshError('UNREACHABLE', 'there is no mesh here');
  };

  readonly consume = (): never => {
    throw new MeshError('UNREACHABLE', 'there is no mesh here');
  };

  readonly subscribe = (): never => {
    throw new MeshError('UNREACHABLE', 'there is no mesh here');
  };

  get registry(): RegistryClient {
    throw new MeshError('UNREACHABLE', 'there is no mesh here');
  }

  #die(): never {
    this.#isDead = true;
    throw new Killed();
  }

  #assertAlive(): void {
    if (this.#isDead) throw new Killed();
  }
}

const isReport = (value: unknown): value is { message: string } =>
  !(value instanceof Error) &&
  typeof value === 'object' &&
  value !== null &&
  'message' in value &&
  typeof value.message === 'string';

function logInto(write: (entry: FakeContext['logged'][number]) => void): AgentLog {
  const at = (level: string) => (fields: object | string, message?: string) => write({ level, fields, message });
  const log: AgentLog = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}
