/**
 * Durable records of one agent on their way to its node's journal.
 *
 * I1  One batch is in flight; what is emitted meanwhile forms the next one, so a busy agent commits in groups.
 * I2  A batch is repeated unchanged until the node answers: the node knows it by (agent, epoch, firstSeq) and answers a
 *     repeat with the receipts of the first time. So a killed node or a lost answer neither loses nor doubles a record.
 * I3  Bounded: beyond `limits.emitQueueMax` records an emit waits for room, and is refused with QUEUE_FULL when there is
 *     none in time (emit-queue.ts).
 * I4  A record is resolved only by the node's answer, which it gives after fsync. A large body is a file of the node's, on
 *     its disk before the record that refers to it is sent.
 * I5  What the node refuses for good costs nobody but who emitted it: the others of its batch are sent again by themselves.
 */
import type { Clock } from '../../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import { ERRORS_STREAM } from '../../../../common/protocol/errors/error-report.js';
import { decode, encode } from '../../../../common/protocol/frames/codec.js';
import type { RequestClient } from '../../../../common/wire/asking/request-client.js';
import type { Checkpoint, NewRecord, Receipt } from '../../mesh.js';
import { uploadBody } from './body-upload.js';
import { isOfNumbers, receiptsOf } from './emit-answer.js';
import { EmitQueue, type LargeBody, type SealedRecord, type Unit } from './emit-queue.js';
import { keyBytes, keyMarks } from './key-marks.js';
import { untilAnswered } from './until-answered.js';

export class Emitter {
  readonly #queue: EmitQueue;
  readonly #ending = new AbortController();
  #emittedCount = 0;
  #repeatCount = 0;
  #nextSeq = 1;
  #running: Promise<void> | undefined;

  constructor(
    private readonly node: RequestClient,
    private readonly identity: { readonly agent: string; readonly epoch: number },
    private readonly clock: Clock,
  ) {
    this.#queue = new EmitQueue(clock);
  }

  get counters(): { emitted: number; repeats: number; refused: number; queued: number; waiting: number } {
    const { refusedCount, figures } = this.#queue;
    return { emitted: this.#emittedCount, repeats: this.#repeatCount, refused: refusedCount, ...figures };
  }

  /**
   * Stores the records in one transaction, with the checkpoint; it may come alone. `trace`: the id of the call that they
   * belong to. @throws QUEUE_FULL, TOO_LARGE, INVALID_INPUT, DENIED, CONFLICT, CLOSED
   */
  emit(records: readonly NewRecord[], checkpoint?: Checkpoint, trace = ''): Promise<Receipt[]> {
    const tsMs = this.clock.wallMs();
    const large: LargeBody[] = [];
    let bytes = 0;
    let largeBytes = 0;
    const inCall = trace === '' ? undefined : { trace };
    const sealed = records.map((record, index): SealedRecord => {
      const { stream, body, key, dedupeKey } = record;
      const marks = key === undefined && dedupeKey === undefined ? inCall : keyMarks(record, inCall);
      if (marks !== inCall) bytes += keyBytes(record);
      const encoded = encode(body);
      if (encoded.length > limits.recordBodyBytesMax) {
        assertMayBeLarge(stream, encoded.length);
        large.push({ index, bytes: encoded });
        largeBytes += encoded.length;
        return marks === undefined ? [stream, tsMs, NOTHING] : [stream, tsMs, NOTHING, marks];
      }
      bytes += encoded.length;
      return marks === undefined ? [stream, tsMs, encoded] : [stream, tsMs, encoded, marks];
    });
    this.#assertFits(sealed.length, bytes, checkpoint !== undefined);
    const value = checkpoint === undefined ? undefined : { name: checkpoint.name, value: encode(checkpoint.value) };
    return new Promise((resolve, reject) => {
      const heldBytes = bytes + largeBytes;
      this.#queue.push({ records: sealed, bytes, heldBytes, large, checkpoint: value, resolve, reject });
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

  #assertFits(count: number, bytes: number, hasCheckpoint: boolean): void {
    const isEmpty = count === 0 && !hasCheckpoint;
    if (isEmpty || count > limits.recordBatchMax || bytes > limits.recordBatchBytesMax) {
      throw new MeshError('TOO_LARGE', `${count} records of ${bytes} bytes do not fit one transaction`, {
        hint: `emit 1 to ${limits.recordBatchMax} records and up to ${limits.recordBatchBytesMax} bytes together`,
      });
    }
    if (this.#ending.signal.aborted) throw new MeshError('CLOSED', 'the agent is ending and takes no more records');
  }

  async #run(): Promise<void> {
    // What is emitted in the same turn belongs into the same batch.
    await new Promise(setImmediate);
    for (let batch = this.#queue.take(); batch.length > 0; batch = this.#queue.take()) {
      await this.#store(batch);
      this.#queue.settled(batch);
    }
    // In the same turn as the look that found nothing: what is emitted from here on starts the next run.
    this.#running = undefined;
  }

  /** I5: a batch of several that is refused is sent again one by one. */
  async #store(batch: readonly Unit[]): Promise<void> {
    const refusal = await this.#send(batch);
    if (refusal === undefined) return;
    const isShared = batch.length > 1 && !this.#ending.signal.aborted && !isOfNumbers(refusal);
    for (const unit of batch) {
      const own = isShared ? await this.#send([unit]) : refusal;
      if (own !== undefined) unit.reject(own);
    }
  }

  /** Answers why nothing of the batch was stored; undefined when all of it was. */
  async #send(batch: readonly Unit[]): Promise<MeshError | undefined> {
    try {
      for (const unit of batch) if (unit.large.length > 0) await this.#uploadBodies(unit);
      const records = batch.flatMap((unit) => unit.records);
      const checkpoint = batch.at(-1)?.checkpoint;
      const body = {
        ...this.identity,
        firstSeq: this.#nextSeq,
        records,
        ...(checkpoint === undefined ? {} : { checkpoint }),
      };
      const stored = await this.#untilAnswered('the record may or may not be stored', (signal) =>
        this.node.request('journal.emit', body, { signal }),
      );
      const receipts = receiptsOf(stored, records.length);
      this.#nextSeq += records.length;
      this.#emittedCount += records.length;
      let at = 0;
      for (const { records: own, resolve } of batch) {
        resolve(receipts.slice(at, at + own.length));
        at += own.length;
      }
      return undefined;
    } catch (error) {
      const refusal = toMeshError(error);
      // Others are held under these numbers, or may be: they are not used again.
      if (isOfNumbers(refusal) || refusal.code === 'CLOSED')
        this.#nextSeq += batch.reduce((sum, unit) => sum + unit.records.length, 0);
      return refusal;
    }
  }

  /** Before the records are sent, each of its bodies that is large is on the node's disk. */
  async #uploadBodies({ records, large }: Unit): Promise<void> {
    const { agent } = this.identity;
    for (const { index, bytes } of large) {
      const ref = await uploadBody(agent, bytes, (chunk) =>
        this.#untilAnswered('the body was not stored', (signal) => this.node.request('body.put', chunk, { signal })),
      );
      const [stream = '', tsMs = 0, , marks] = records[index] ?? [];
      records[index] = [stream, tsMs, NOTHING, { ...marks, ref }];
    }
  }

  #untilAnswered<T>(otherwise: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return untilAnswered(ask, {
      signal: this.#ending.signal,
      otherwise,
      onRepeat: () => {
        this.#repeatCount += 1;
      },
    });
  }
}

/** Errors are grouped by what is in them, which main must be able to read. */
function assertMayBeLarge(stream: string, bytes: number): void {
  const max = stream === ERRORS_STREAM ? limits.recordBodyBytesMax : limits.bodyBytesMax;
  if (bytes <= max) return;
  throw new MeshError('TOO_LARGE', `a record of ${bytes} bytes for ${stream} is over the limit of ${max}`, {
    hint: 'Put the large part into a file, and emit where it is.',
  });
}

const NOTHING = new Uint8Array();
