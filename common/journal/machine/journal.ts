/**
 * A machine's journal, as its node holds it. Every method resolves when the store has done it: `append` after the
 * records are synced to disk. The store runs in a thread of its own; many appends at once share one sync.
 */
import { type Clock, systemClock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { ReportBatch } from '../folds/report-intake.js';
import { type PackedRecords, packRecords, unpackHashes, unpackRecords } from '../packed-records.js';
import type { NewRecord } from '../record.js';
import { refused, succeeded } from '../sqlite/outcome.js';
import { WorkerClient } from '../sqlite/worker-client.js';
import type { Damage } from './chain-run.js';
import type { TailOptions, TailRecord } from './journal-tail.js';
import type {
  AppendBatch,
  Appended,
  JournalFinding,
  JournalStatus,
  ReadUnackedOptions,
  Reported,
} from './journal-types.js';
import type { JournalOperations } from './journal-worker.js';
import { type Repeated, storedOf } from './producer-table.js';
import { RecentRun } from './recent-run.js';
import type { Run } from './record-table.js';

export interface JournalOptions {
  readonly file: string;
  readonly machine: string;
  readonly clock?: Clock;
  /** The store's thread died: nothing can be written until the process is started again. */
  readonly onFatal?: (error: MeshError) => void;
}

/** Beside the bytes of its body, what a record costs in a queue. */
const RECORD_OVERHEAD_BYTES = 256;

export class Journal {
  /** The number of this opening: past every earlier one of the machine. */
  readonly epoch: number;
  /** Errors that an earlier opening had counted, and that this one told. */
  readonly countedBefore: number;
  readonly #client: WorkerClient<JournalOperations>;
  readonly #clock: Clock;
  readonly #recent = new RecentRun();
  readonly #damage: { text: string };

  /**
   * Opens the file and begins a new chain in it. `findings`: what is wrong with what was there, to be reported.
   * Fails with JOURNAL_FAILED, CONFLICT (newer schema, another machine's file), CONFIG_INVALID (network filesystem).
   */
  static async open(options: JournalOptions): Promise<{ journal: Journal; findings: JournalFinding[] }> {
    const { file, machine, clock = systemClock, onFatal } = options;
    const damage = { text: '' };
    const client = new WorkerClient<JournalOperations>({
      entry: new URL('./journal-worker.js', import.meta.url),
      what: `the journal ${file}`,
      onDamage: ({ message }) => {
        damage.text = message;
      },
      ...(onFatal === undefined ? {} : { onFatal }),
    });
    try {
      const { findings, ...opened } = await client.call('open', { file, machine, wallMs: clock.wallMs() });
      return { journal: new Journal(client, clock, damage, opened), findings };
    } catch (thrown) {
      await client.close().catch(() => undefined);
      throw thrown;
    }
  }

  private constructor(
    client: WorkerClient<JournalOperations>,
    clock: Clock,
    damage: { text: string },
    opened: Pick<Journal, 'epoch' | 'countedBefore'>,
  ) {
    this.#damage = damage;
    this.#client = client;
    this.#clock = clock;
    this.epoch = opened.epoch;
    this.countedBefore = opened.countedBefore;
  }

  /** Why a part of the file can neither be read nor written any more, found out since it was opened; empty when nothing is. */
  get damage(): string {
    return this.#damage.text;
  }

  /**
   * Stores a batch, all of it or nothing. A producer that repeats its last batch gets the first answer again.
   * Fails with QUEUE_FULL, JOURNAL_FAILED (disk full: repeat it later), CONFLICT, INVALID_INPUT, TOO_LARGE.
   */
  async append(batch: AppendBatch): Promise<Appended> {
    const records = packRecords(batch.records);
    const bytes = records.bodies.byteLength + records.count * RECORD_OVERHEAD_BYTES;
    const checkpointBytes = batch.checkpoint?.bytes.byteLength ?? 0;
    const appended = await this.#client.call('append', { ...batch, records }, bytes + checkpointBytes);
    if (!appended.isRepeat) this.#recent.add(appended, storedPartOf(records, appended.repeats));
    return { ...appended, hashes: unpackHashes(appended.hashes) };
  }

  /**
   * Stores or counts reports of errors, each batch by itself: all of it or nothing. A reporter that repeats its last batch
   * gets the first answer again. `nextDueMs`: when to `tell`. Fails like `append`.
   */
  async report(batches: readonly ReportBatch[], nowMs: number): Promise<Reported> {
    const reports = batches.flatMap((batch) => batch.reports);
    const bytes = reports.reduce((sum, { record }) => sum + record.body.byteLength + RECORD_OVERHEAD_BYTES, 0);
    const { replies, nextDueMs } = await this.#storing('report', { batches, nowMs }, bytes);
    const outcomes = replies.map((reply) =>
      reply.ok ? succeeded(reply.value) : refused(MeshError.fromBody(reply.error)),
    );
    return { outcomes, nextDueMs };
  }

  /** Stores the counts of errors that are due as records; without a time, all of them. */
  async tell(nowMs?: number): Promise<{ toldCount: number; nextDueMs: number | undefined }> {
    for (let toldCount = 0; ; ) {
      const told = await this.#storing('tell', nowMs === undefined ? {} : { nowMs });
      toldCount += told.toldCount;
      if (told.isDone) return { toldCount, nextDueMs: told.nextDueMs };
    }
  }

  /**
   * The next entries to send to the log, behind `after` or behind the acknowledged ones; undefined when there are none. Of what
   * is not in memory any more at most `limits.backlogBatchMax`.
   */
  async readUnacked(options: ReadUnackedOptions): Promise<Run | undefined> {
    const { after } = options;
    if (after !== undefined && this.#recent.isAtEnd(after)) return undefined;
    const recent = after === undefined ? undefined : this.#recent.after(after, options);
    const limit = Math.min(options.limit, limits.backlogBatchMax);
    return recent ?? this.#client.call('readUnacked', { ...options, limit });
  }

  /** The log holds the chain up to `seq`. CONFLICT: it claims more than there is, see `markLostTail`. */
  acknowledge(journalId: string, seq: number): Promise<void> {
    return this.#client.call('acknowledge', { journalId, seq });
  }

  /** The log holds the chain only up to `seq`, though it acknowledged more: what is still here is pending again. */
  rewind(journalId: string, seq: number): Promise<{ pendingCount: number }> {
    return this.#client.call('rewind', { journalId, seq });
  }

  /** Null for an entry that is pruned, not there yet, or damaged. */
  hashAt(journalId: string, seq: number): Promise<Uint8Array | null> {
    return this.#client.call('hashAt', { journalId, seq });
  }

  /** Marks a chain of which the log holds more than this file, and stores the incident with it, once. */
  markLostTail(journalId: string, incident?: NewRecord): Promise<boolean> {
    return this.#storing('markLostTail', { journalId, ...(incident === undefined ? {} : { incident }) });
  }

  /** Writes the records of a chain, from `fromSeq` on, again into a new one that the log has never seen, behind the incident. */
  reissue(
    journalId: string,
    fromSeq: number,
    incident: NewRecord,
  ): Promise<{ journalId: string; reissuedCount: number; damaged: Damage[] }> {
    return this.#storing('reissue', { journalId, fromSeq, incident, wallMs: this.#clock.wallMs() });
  }

  /** Deletes acknowledged records until `keep` are left, in steps between which appends go on. */
  async prune(keep: number): Promise<number> {
    for (let totalCount = 0; ; ) {
      const { prunedCount, isDone } = await this.#client.call('prune', { keep });
      totalCount += prunedCount;
      if (isDone) return totalCount;
    }
  }

  tail(options: TailOptions): Promise<TailRecord[]> {
    return this.#client.call('tail', options);
  }

  /** Those of these references to bodies that a record has, or may have. */
  heldRefs(refs: readonly string[]): Promise<string[]> {
    return this.#client.call('heldRefs', { refs, wallMs: this.#clock.wallMs() });
  }

  /** The value stored with the last batch that carried it. JOURNAL_DAMAGED: it is not what was stored. */
  checkpoint(agent: string, name: string): Promise<Uint8Array | undefined> {
    return this.#client.call('checkpoint', { agent, name });
  }

  /** Resolves when an append would be stored now. @throws JOURNAL_FAILED with the reason why not */
  probe(): Promise<void> {
    return this.#client.call('probe', undefined);
  }

  status(): Promise<JournalStatus> {
    return this.#client.call('status', undefined);
  }

  /** Finishes what was asked before, moves the write-ahead log into the file, and ends the thread. Idempotent. */
  close(): Promise<void> {
    return this.#client.close();
  }

  /** What stores records in its own way. */
  async #storing<Name extends 'report' | 'tell' | 'markLostTail' | 'reissue'>(
    name: Name,
    args: Parameters<JournalOperations[Name]>[0],
    bytes = 0,
  ): Promise<ReturnType<JournalOperations[Name]>> {
    try {
      return await this.#client.call(name, args, bytes);
    } finally {
      this.#recent.forget();
    }
  }
}

/** Without those that were stored before. */
const storedPartOf = (records: PackedRecords, repeats: readonly Repeated[] | undefined): PackedRecords =>
  repeats === undefined ? records : packRecords(storedOf(unpackRecords(records), repeats));
