/**
 * Durable records of one agent on their way to its node's journal.
 *
 * I1  One batch is in flight; what is emitted meanwhile forms the next one, so a busy agent commits in groups.
 * I2  A batch is repeated unchanged until the node answers: the node knows it by (agent, epoch, firstSeq) and answers a
 *     repeat with the receipts of the first time. So a killed node or a lost answer neither loses nor doubles a record.
 * I3  Bounded: beyond `limits.emitQueueMax` records an emit is refused at once with QUEUE_FULL.
 * I4  A record is resolved only by the node's answer, which it gives after fsync.
 */
import { backoffMs } from '../../common/core/backoff.js';
import type { Clock } from '../../common/core/clock.js';
import { delay } from '../../common/core/clock.js';
import { MeshError, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Input } from '../../common/protocol/catalogue.js';
import { decode, encode } from '../../common/protocol/codec.js';
import type { RequestClient } from '../../common/wire/request-client.js';
import type { Checkpoint, NewRecord, Receipt } from './define-agent.js';

type SealedRecord = Input<'journal.emit'>['records'][number];

interface SealedCheckpoint {
  readonly name: string;
  readonly value: Uint8Array;
}

/** What one call of emit must see stored together. */
interface Unit {
  readonly records: readonly SealedRecord[];
  readonly bytes: number;
  readonly checkpoint: SealedCheckpoint | undefined;
  readonly resolve: (receipts: Receipt[]) => void;
  readonly reject: (error: MeshError) => void;
}

export class Emitter {
  readonly counters = { emitted: 0, repeats: 0, refused: 0 };
  readonly #units: Unit[] = [];
  readonly #ending = new AbortController();
  #queuedCount = 0;
  #nextSeq = 1;
  #running: Promise<void> | undefined;

  constructor(
    private readonly node: RequestClient,
    private readonly identity: { readonly agent: string; readonly epoch: number },
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the records in one transaction, with the checkpoint; it may come alone. `trace`: the id of the call that they
   * belong to. @throws QUEUE_FULL, TOO_LARGE, INVALID_INPUT, CLOSED
   */
  emit(records: readonly NewRecord[], checkpoint?: Checkpoint, trace = ''): Promise<Receipt[]> {
    const tsMs = this.clock.wallMs();
    const sealed = records.map(
      ({ stream, body }): SealedRecord =>
        trace === '' ? [stream, tsMs, encode(body)] : [stream, tsMs, encode(body), { trace }],
    );
    const bytes = sealed.reduce((sum, [, , body]) => sum + body.length, 0);
    this.#assertFits(sealed, bytes, checkpoint !== undefined);
    return new Promise((resolve, reject) => {
      const value = checkpoint === undefined ? undefined : { name: checkpoint.name, value: encode(checkpoint.value) };
      this.#units.push({ records: sealed, bytes, checkpoint: value, resolve, reject });
      this.#queuedCount += sealed.length;
      this.#running ??= this.#run();
    });
  }

  /** Waits, as an emit does, for a node that is away. @throws CLOSED */
  async checkpoint(name: string): Promise<unknown> {
    const body = { agent: this.identity.agent, name };
    const { value } = await this.#untilAnswered('the checkpoint was not read', (signal) =>
      this.node.request('journal.checkpoint', body, { signal }),
    );
    return value === null ? undefined : decode(value);
  }

  /** Waits up to `ms` for what was emitted to be stored; what is not is rejected with CLOSED. */
  async close(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#ending.abort(), ms);
    await this.#running;
    clearTimeout(timer);
    this.#ending.abort();
  }

  #assertFits(records: readonly SealedRecord[], bytes: number, hasCheckpoint: boolean): void {
    const largest = records.reduce((max, [, , body]) => Math.max(max, body.length), 0);
    if (largest > limits.recordBodyBytesMax) {
      throw new MeshError(
        'TOO_LARGE',
        `a record of ${largest} bytes is over the limit of ${limits.recordBodyBytesMax}`,
        {
          hint: 'put the large part into a file and emit where it is',
        },
      );
    }
    const isEmpty = records.length === 0 && !hasCheckpoint;
    if (isEmpty || records.length > limits.recordBatchMax || bytes > limits.recordBatchBytesMax) {
      throw new MeshError('TOO_LARGE', `${records.length} records of ${bytes} bytes do not fit one transaction`, {
        hint: `emit 1 to ${limits.recordBatchMax} records and up to ${limits.recordBatchBytesMax} bytes together`,
      });
    }
    if (this.#ending.signal.aborted) throw new MeshError('CLOSED', 'the agent is ending and takes no more records');
    if (this.#queuedCount + records.length > limits.emitQueueMax) {
      this.counters.refused += records.length;
      throw new MeshError('QUEUE_FULL', `${this.#queuedCount} records wait for the journal of this machine already`, {
        hint: 'await emit before the next one, or see "mesh journal status"',
      });
    }
  }

  async #run(): Promise<void> {
    // What is emitted in the same turn belongs into the same batch.
    await new Promise(setImmediate);
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) await this.#store(batch);
    // In the same turn as the look that found nothing: what is emitted from here on starts the next run.
    this.#running = undefined;
  }

  /** As many whole units as fit; a checkpoint closes the batch, because there is one to a transaction. */
  #nextBatch(): Unit[] {
    let count = 0;
    let bytes = 0;
    let end = 0;
    for (const unit of this.#units) {
      count += unit.records.length;
      bytes += unit.bytes;
      if (end > 0 && (count > limits.recordBatchMax || bytes > limits.recordBatchBytesMax)) break;
      end++;
      if (unit.checkpoint !== undefined) break;
    }
    return this.#units.splice(0, end);
  }

  async #store(batch: readonly Unit[]): Promise<void> {
    const records = batch.flatMap((unit) => unit.records);
    const checkpoint = batch.at(-1)?.checkpoint;
    const body = {
      ...this.identity,
      firstSeq: this.#nextSeq,
      records,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    };
    try {
      const stored = await this.#untilAnswered('the record may or may not be stored', (signal) =>
        this.node.request('journal.emit', body, { signal }),
      );
      const receipts = stored.hashes.map((hash, i) => ({
        journalId: stored.journalId,
        seq: stored.firstSeq + i,
        hash: Uint8Array.from(hash),
      }));
      for (const unit of batch) unit.resolve(receipts.splice(0, unit.records.length));
      this.counters.emitted += records.length;
    } catch (error) {
      for (const unit of batch) unit.reject(toMeshError(error));
    }
    this.#nextSeq += records.length;
    this.#queuedCount -= records.length;
  }

  /** Asks until there is an answer: what was asked for, or a refusal that a repeat would meet again. */
  async #untilAnswered<T>(otherwise: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#ending;
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(signal);
      } catch (error) {
        const { code, retryable } = toMeshError(error);
        const unanswered = code === 'TIMED_OUT' || code === 'CONNECTION_LOST';
        if (signal.aborted) throw new MeshError('CLOSED', `the agent ended before the journal answered: ${otherwise}`);
        if (!retryable && !unanswered) throw error;
        this.counters.repeats++;
        await delay(backoffMs(REPEAT, attempt, Math.random()), signal).catch(() => undefined);
      }
    }
  }
}

const REPEAT = { firstMs: 20, maxMs: 1_000, factor: 2 };
