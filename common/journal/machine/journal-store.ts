/**
 * A machine's journal over one SQLite file. Synchronous; it lives in a worker thread, and is the file's only writer.
 *
 * J1. `appendBatches` returns after its FULL-sync commit; what it returned is never lost by a crash.
 * J2. Every opening mints a new chain, so (journal id, seq) names one record for ever, whatever happened to the file.
 * J3. Nothing is pruned that was not acknowledged by the log.
 * J4. Nothing is passed on that does not match its hash: a damaged row becomes a hole that says so.
 * J5. Memory changes with the file or not at all: a failed transaction leaves both as they were.
 */
import { MeshError } from '../../core/errors.js';
import type { Commit } from '../../core/failpoint.js';
import { limits } from '../../core/limits.js';
import { type AppendRecords, ReportIntake } from '../folds/report-intake.js';
import { type ChainPoint, type NewRecord, refusalOf } from '../record.js';
import { isAsideSince } from '../sqlite/aside-files.js';
import { type Connection, closeDatabase, openDatabase, sizeBytesOf } from '../sqlite/database.js';
import type { Outcome } from '../sqlite/outcome.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { transact, transactUnsynced } from '../sqlite/transaction.js';
import { BatchWriter } from './batch-writer.js';
import type { Damage } from './chain-run.js';
import { acknowledgedTooFar, type Chain, ChainTable } from './chain-table.js';
import { advanceEpoch, claimFor } from './journal-meta.js';
import { journalMigrations } from './journal-schema.js';
import { readTail, type TailOptions, type TailRecord } from './journal-tail.js';
import {
  type AppendBatch,
  type Appended,
  type JournalFinding,
  type JournalStatus,
  type ReadUnackedOptions,
  type ReportArgs,
  type Reported,
  statusOf,
  type Told,
} from './journal-types.js';
import { pruneAcked } from './pruning.js';
import { RecordTable, type Run } from './record-table.js';

export interface JournalStoreOptions {
  readonly file: string;
  readonly machine: string;
  readonly wallMs: number;
  /** Nobody goes on with it as it is: what it has counted of errors is not told now. */
  readonly keepsCounts?: boolean;
}

export class JournalStore {
  readonly epoch: number;
  /** Errors that an earlier opening had counted, and that this one told. */
  readonly countedBefore: number;
  readonly #db: Connection;
  readonly #chains: ChainTable;
  readonly #records: RecordTable;
  readonly #writer: BatchWriter;
  readonly #reports: ReportIntake;

  /** Fails with JOURNAL_FAILED, CONFLICT (a newer schema, or another machine's journal), CONFIG_INVALID. */
  static open(options: JournalStoreOptions): { store: JournalStore; findings: JournalFinding[] } {
    const { file, wallMs } = options;
    const opened = openDatabase({ file, migrations: journalMigrations, wallMs }, (db) => {
      const store = new JournalStore(db, options);
      return { store, damaged: store.#verifyPending() };
    });
    const damaged = opened.value.damaged.map((damage) => ({ kind: 'damaged' as const, ...damage }));
    return { store: opened.value.store, findings: [...opened.findings, ...damaged] };
  }

  private constructor(db: Connection, { machine, wallMs, keepsCounts = false }: JournalStoreOptions) {
    this.#db = db;
    this.#chains = new ChainTable(db);
    this.#records = new RecordTable(db);
    this.#writer = new BatchWriter(db, this.#records);
    this.#reports = new ReportIntake(db);
    const { epoch, countedBefore } = this.#transact('journal.open', () => {
      claimFor(db, machine);
      this.#writer.trim();
      this.#chains.mint(wallMs);
      const told = keepsCounts ? 0 : this.#extend((append) => this.#reports.open(append));
      this.#chains.dropSpent();
      return { epoch: advanceEpoch(db, wallMs), countedBefore: told };
    });
    this.epoch = epoch;
    this.countedBefore = countedBefore;
  }

  /** One transaction and one sync for the whole group; a batch that is refused fails alone. */
  appendBatches(batches: readonly AppendBatch[]): Outcome<Appended>[] {
    return this.#transact('journal.append', () => {
      const start = this.#chains.current;
      let chain = start;
      const outcomes = batches.map((batch) => {
        const { head, outcome } = this.#writer.take(chain, batch);
        if (head !== chain.head) chain = { ...chain, head };
        return outcome;
      });
      if (chain !== start) this.#chains.put(chain);
      return outcomes;
    });
  }

  /** Reports of errors, each stored or counted: one transaction for all; a batch that is refused fails alone. */
  report({ batches, nowMs }: ReportArgs): Reported {
    const outcomes = this.#transact('journal.report', () =>
      this.#extend((append) => batches.map((batch) => this.#reports.take(batch, nowMs, append))),
    );
    return { outcomes, nextDueMs: this.#reports.nextDueMs };
  }

  /** Stores the counts of errors that are due as records; without a time, all of them. */
  tell({ nowMs }: { nowMs?: number }): Told {
    const told = this.#transact('journal.tell', () =>
      this.#extend((append) =>
        nowMs === undefined ? this.#reports.tellAll(append) : this.#reports.tell(nowMs, append),
      ),
    );
    return { ...told, nextDueMs: this.#reports.nextDueMs };
  }

  /** The next run of entries to send: of the oldest chain that has any. Undefined when all were sent. */
  readUnacked({ after, ...bounds }: ReadUnackedOptions): Run | undefined {
    const chains = this.#chains.all;
    const sentIndex = chains.findIndex(({ journalId }) => journalId === after?.journalId);
    for (const chain of chains.slice(Math.max(0, sentIndex))) {
      const isSentFurther = after !== undefined && chain.journalId === after.journalId && after.seq > chain.acked.seq;
      const from = isSentFurther ? { seq: after.seq, hash: after.hash } : chain.acked;
      if (from.seq < chain.head.seq) return this.#guard(() => this.#records.readRun(chain, from, bounds));
    }
    return undefined;
  }

  /** The log holds the chain up to `seq`: it can be asked again after a power cut. Fails with NOT_FOUND, CONFLICT (too far). */
  acknowledge({ journalId, seq }: { journalId: string; seq: number }): void {
    const chain = this.#chains.find(journalId);
    if (seq > chain.head.seq) throw acknowledgedTooFar(chain, seq);
    if (seq > chain.acked.seq) this.#moveAcked(chain, seq, transactUnsynced);
  }

  /** The log lost its own tail and holds the chain only up to `seq`: what is still here after that is pending again. */
  rewind({ journalId, seq }: { journalId: string; seq: number }): { pendingCount: number } {
    const chain = this.#chains.find(journalId);
    const ackedSeq = Math.max(chain.base.seq, Math.min(seq, chain.acked.seq));
    if (ackedSeq < chain.acked.seq) this.#moveAcked(chain, ackedSeq);
    return { pendingCount: chain.head.seq - ackedSeq };
  }

  hashAt({ journalId, seq }: { journalId: string; seq: number }): Uint8Array | null {
    return this.#guard(() => this.#records.hashAt(this.#chains.find(journalId), seq));
  }

  /**
   * The log holds more of the chain than this file: whatever is here was acknowledged long ago. Marks it, and appends
   * the incident in the same transaction, so that it is reported once. Returns false when it was marked before. The chains
   * behind it name it no more: its row may be pruned and forgotten, now or later, and it is not told of again.
   * Fails with CONFLICT for the chain that is being written: its tail is in memory, and not lost.
   */
  markLostTail({ journalId, incident }: { journalId: string; incident?: NewRecord }): boolean {
    const refusal = incident === undefined ? undefined : refusalOf(incident);
    if (refusal !== undefined) throw refusal;
    return this.#transact('journal.lost-tail', () => {
      const chain = this.#chains.isForgotten(journalId) ? undefined : this.#chains.find(journalId);
      if (chain?.status === 'open') throw new MeshError('CONFLICT', `chain ${journalId} is the one being written`);
      this.#chains.disown(journalId);
      if (chain?.status === 'lost-tail') return false;
      if (chain !== undefined) this.#chains.put({ ...chain, status: 'lost-tail', acked: chain.head });
      const { current } = this.#chains;
      if (incident !== undefined)
        this.#chains.put({ ...current, head: this.#writer.write(current, { records: [incident] }).head });
      return true;
    });
  }

  /**
   * Moves the records from `fromSeq` on into a new chain, behind the incident. The old one ends before them: what is left of it
   * is on main, which holds other records behind that, and goes again to a main that has none of it.
   */
  reissue(options: { journalId: string; fromSeq: number; incident?: NewRecord; wallMs: number }): {
    journalId: string;
    reissuedCount: number;
    damaged: Damage[];
  } {
    return this.#transact('journal.reissue', () => {
      const old = this.#chains.find(options.journalId);
      const told = options.incident === undefined ? [] : [options.incident];
      let target = this.#chains.mint(options.wallMs);
      target = { ...target, head: this.#writer.write(target, { records: told }).head };
      const damaged: Damage[] = [];
      // Also what was acknowledged, where the log that did is not the one that is there now.
      const from = this.#pointAt(old, Math.max(options.fromSeq - 1, old.base.seq));
      for (const run of this.#records.runs(old, from)) {
        const records = run.entries.filter((entry) => entry.kind === 'record');
        target = { ...target, head: this.#writer.write(target, { records }).head };
        damaged.push(...run.damaged);
      }
      this.#chains.put(this.#endedAt({ ...this.#chains.find(old.journalId), acked: old.head }, from));
      this.#chains.put(target);
      return { journalId: target.journalId, reissuedCount: target.head.seq - told.length, damaged };
    });
  }

  /** Deletes acknowledged records, oldest first, until `keep` of them are left; at most a bounded number per call. */
  prune({ keep }: { keep: number }): { prunedCount: number; isDone: boolean } {
    return this.#transact('journal.prune', () => {
      const pruned = pruneAcked(this.#chains, this.#records, keep);
      this.#writer.trim();
      this.#reports.trim();
      return pruned;
    });
  }

  /** The records behind a position, of all chains, for people to look at. */
  tail(options: TailOptions): TailRecord[] {
    return this.#guard(() => readTail(this.#records, this.#chains.all, options));
  }

  /** Those of these references that a record has; all while a journal put aside may have such a record. */
  heldRefs({ refs, wallMs }: { refs: readonly string[]; wallMs: number }): string[] {
    const isOneAside = isAsideSince(this.#db.name, wallMs - limits.bodyAsideMs);
    return isOneAside ? [...refs] : this.#guard(() => this.#records.heldRefs(refs));
  }

  checkpoint({ agent, name }: { agent: string; name: string }): Uint8Array | undefined {
    return this.#guard(() => this.#writer.checkpoint(agent, name));
  }

  status(): JournalStatus {
    return statusOf(this.#chains, this.epoch, sizeBytesOf(this.#db.name));
  }

  close(): void {
    this.#guard(() => closeDatabase(this.#db));
  }

  /** Lets `work` store records behind the current head. */
  #extend<T>(work: (append: AppendRecords) => T): T {
    const start = this.#chains.current;
    let chain = start;
    const result = work((records) => {
      const { head, receipt } = this.#writer.write(chain, { records });
      chain = { ...chain, head };
      return receipt;
    });
    if (chain !== start) this.#chains.put(chain);
    return result;
  }

  /** The chain without what follows a point; where nothing is left, or nobody knows the hash there, it is out of the way. */
  #endedAt(chain: Chain, { seq, hash }: ChainPoint): Chain {
    if (hash === null || seq <= chain.base.seq || seq >= chain.head.seq) return { ...chain, status: 'superseded' };
    this.#records.delete(chain, seq + 1, chain.head.seq);
    const end = { seq, hash };
    return { ...chain, status: 'lost-tail', head: end, acked: end };
  }

  #pointAt(chain: Chain, seq: number): ChainPoint {
    return { seq, hash: this.#records.hashAt(chain, seq) };
  }

  #moveAcked(chain: Chain, seq: number, via = transact): void {
    this.#transact('journal.acknowledge', () => this.#chains.put({ ...chain, acked: this.#pointAt(chain, seq) }), via);
  }

  #verifyPending(): Damage[] {
    const damaged: Damage[] = [];
    for (const chain of this.#chains.all) {
      for (const run of this.#records.runs(chain, chain.acked)) damaged.push(...run.damaged);
    }
    return damaged;
  }

  /** J5. */
  #transact<T>(what: Commit, work: () => T, via: typeof transact<T> = transact): T {
    const before = this.#chains.all;
    try {
      return this.#guard(() => via(this.#db, what, work));
    } catch (thrown) {
      this.#chains.restore(before);
      throw thrown;
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storeError(thrown, this.#db.name);
    }
  }
}
