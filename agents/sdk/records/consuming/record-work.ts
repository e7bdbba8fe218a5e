/**
 * Records in the hands of their handler: so many at once, each told apart by what became of it. Nothing here is awaited that
 * the handler did at once.
 */
import { MeshError, messageOf } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { LogRecordBody } from '../../../../common/protocol/catalogue.js';
import { marksOf } from '../../../../common/protocol/record-marks.js';
import type { ConsumedRecord, Handled, RecordHandler } from './consumer.js';

export class RecordWork {
  handled = 0;
  failed = 0;
  lastId = 0;
  #runningCount = 0;
  #listeners: (() => void)[] = [];

  constructor(
    private readonly handler: RecordHandler,
    private readonly bodyOf: (record: LogRecordBody) => Promise<unknown>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get runningCount(): number {
    return this.#runningCount;
  }

  /** Gives a record to the handler. A promise only where the handler answers one. */
  run(record: LogRecordBody, attempt: number): Handled | Promise<Handled> {
    this.lastId = record.id;
    try {
      const answer = this.handler(this.#shown(record, attempt));
      if (!isPromise(answer)) return this.#onDone();
      this.#runningCount += 1;
      return Promise.resolve(answer).then(
        () => this.#ended(this.#onDone()),
        (error) => this.#ended(this.#onFailed(error)),
      );
    } catch (error) {
      return this.#onFailed(error);
    }
  }

  /** Resolves when fewer than `count` handlers run. */
  async until(count: number): Promise<void> {
    while (this.#runningCount >= count) await new Promise<void>((resolve) => this.#listeners.push(resolve));
  }

  #shown(record: LogRecordBody, attempt: number): ConsumedRecord {
    // Field by field: what the engine does for a rest costs more than all else that is done for a record.
    const {
      id,
      stream,
      machine,
      agent,
      epoch,
      tsMs,
      journalId,
      seq,
      hash,
      integrity,
      trace = '',
      ref = '',
      key = '',
    } = record;
    const body = () => this.bodyOf(record);
    const shown = { id, stream, machine, agent, epoch, tsMs, journalId, seq, hash, integrity, attempt, body };
    return trace === '' && ref === '' && key === '' ? shown : { ...shown, ...marksOf({ trace, ref, key }) };
  }

  #onDone(): Handled {
    this.handled += 1;
    return DONE;
  }

  #onFailed(error: unknown): Handled {
    this.failed += 1;
    this.onFailure(error);
    const code = error instanceof MeshError ? error.code : 'ACTION_FAILED';
    return { ok: false, error: { code, message: messageOf(error).slice(0, limits.errorTextMax) } };
  }

  #ended(outcome: Handled): Handled {
    this.#runningCount -= 1;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
    return outcome;
  }
}

const DONE: Handled = { ok: true };

export const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
