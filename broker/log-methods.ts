/**
 * What the log answers on the wire, over the mesh's merged `Log`: nodes compare (hello) and append, anybody reads. A read
 * may be held open until records come. An append is answered after its commit is synced, never before.
 */
import type { Clock } from '../common/core/clock.js';
import { failpoint } from '../common/core/failpoint.js';
import { limits } from '../common/core/limits.js';
import type { Log } from '../common/journal/log/log.js';
import type { LogPage } from '../common/journal/log/log-reader.js';
import type { ChainEntry } from '../common/journal/record.js';
import type { Input, Output } from '../common/protocol/catalogue.js';
import { marks } from '../common/protocol/record-marks.js';
import type { StreamRule } from '../common/protocol/stream-rule.js';
import { Waiters } from '../common/registry/waiters.js';
import type { MethodHandlers } from '../common/wire/answering/method-table.js';
import { recordBodyOf } from './record-body.js';
import { answerStreams } from './stream-answers.js';

export interface LogMethodsOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** What holds for streams now. */
  readonly streamRules: () => readonly StreamRule[];
  /** Why the log works only in part; empty when all is well. */
  readonly degraded: () => string;
  /** The outcome of every append: `undefined` when it was stored. */
  readonly onAppend: (error: unknown) => void;
  /** Records have come: told as often as the reads that wait for them. */
  readonly onRecords: () => void;
}

export class LogMethods {
  readonly counters = { appends: 0, appendsRefused: 0, entries: 0, reads: 0, wakes: 0 };
  readonly waiters = new Waiters();
  #wake: NodeJS.Timeout | undefined;

  constructor(private readonly options: LogMethodsOptions) {}

  readonly handlers: MethodHandlers = {
    'log.hello': async ({ machine, journalId, parentId = null }) => ({
      ...(await this.options.log.hello({ machine, journalId, parentId })),
      marks: [...marks],
    }),
    'log.append': (batch) => this.#append(batch),
    'log.read': (input) => this.#read(input),
    'log.openings': async () => ({ openings: await this.options.log.openings() }),
    'log.query': (input) => this.#find(input),
    'log.status': () => this.#status(),
    'log.refs': async ({ machine, refs }) => ({ held: await this.options.log.heldRefs(machine, refs) }),
    'log.streams': (input) => answerStreams(this.options.log, this.options.streamRules(), input),
  };

  /** Answers every read that is held open. Idempotent. */
  close(): void {
    clearTimeout(this.#wake);
    this.waiters.close();
  }

  async #append({ machine, journalId, previous, entries }: Input<'log.append'>): Promise<Output<'log.append'>> {
    this.counters.appends++;
    try {
      const batch = { machine, journalId, previousHash: previous, entries: entries.map(chainEntryOf) };
      const { headSeq } = await this.options.log.append(batch);
      failpoint('log.answering');
      this.counters.entries += entries.length;
      this.options.onAppend(undefined);
      this.wakeSoon();
      return { headSeq };
    } catch (error) {
      this.counters.appendsRefused++;
      this.options.onAppend(error);
      throw error;
    }
  }

  async #find({ order = 'newest', limit = limits.logReadDefault, ...rest }: Input<'log.query'>) {
    const { records, nextId } = await this.options.log.find({ ...rest, order, limit });
    return { records: records.map(recordBodyOf), ...(nextId === undefined ? {} : { nextId }) };
  }

  async #read({ waitMs = 0, last, fromMs, ...rest }: Input<'log.read'>): Promise<Output<'log.read'>> {
    const { log, clock } = this.options;
    const filter = { limit: limits.logReadDefault, ...rest };
    if (last !== undefined) return this.#pageOf(await log.read({ ...filter, last }));
    const deadlineMs = clock.monotonicMs() + waitMs;
    const startId = fromMs === undefined ? (rest.afterId ?? 0) : (await log.idAt(fromMs)) - 1;
    for (let afterId = startId; ; ) {
      // Before looking: what is stored while we look wakes the wait at once.
      const { mark } = this.waiters;
      this.counters.reads++;
      const page = await log.read({ ...filter, afterId });
      if (page.records.length > 0) return this.#pageOf(page);
      if (!(await this.waiters.wait(deadlineMs - clock.monotonicMs(), mark))) return this.#pageOf(page);
      afterId = page.nextId;
    }
  }

  /** The log bounds a page in bytes. */
  #pageOf({ records, nextId }: LogPage): Output<'log.read'> {
    return { records: records.map(recordBodyOf), nextId, epoch: this.options.log.epoch };
  }

  async #status(): Promise<Output<'log.status'>> {
    const { headId, sizeBytes, journals } = await this.options.log.status();
    return { headId, sizeBytes, degraded: this.options.degraded(), journals: [...journals] };
  }

  /** Records have come. Many commits in a row are one reason to look. */
  wakeSoon(): void {
    this.#wake ??= setTimeout(() => {
      this.#wake = undefined;
      this.counters.wakes++;
      this.waiters.notify();
      this.options.onRecords();
    }, limits.logWakeIntervalMs);
  }
}

function chainEntryOf(entry: Input<'log.append'>['entries'][number]): ChainEntry {
  if (entry.length === 3) {
    const [seq, hash, reason] = entry;
    return { kind: 'hole', seq, hash, reason };
  }
  const [seq, tsMs, stream, agent, epoch, body, hash, { trace = '', ref = '', key = '' } = NO_MARKS] = entry;
  return { kind: 'record', seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key };
}

const NO_MARKS: { readonly trace?: string; readonly ref?: string; readonly key?: string } = {};
