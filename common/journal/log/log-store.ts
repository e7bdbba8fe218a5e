/**
 * The merged log of all machines over one SQLite file on main. Synchronous; it lives in a worker thread, and is the
 * file's only writer.
 *
 * L1. `append` returns after its FULL-sync commit, which also moves the head of the chain: so every entry is stored
 *     exactly once, whatever is repeated after whatever crash.
 * L2. No record is stored whose hash does not follow from the one before it; nothing of such a batch is.
 * L3. An entry that is held already must have the hash it has here; another one is a loud conflict.
 */
import { systemClock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import type { Commit } from '../../core/failpoint.js';
import { limits } from '../../core/limits.js';
import { ConsumerGroups } from '../consumers/consumer-groups.js';
import { runGroupRequest } from '../consumers/group-operations.js';
import type { ErrorGroup } from '../errors/error-group.js';
import { ErrorGroups } from '../errors/error-groups.js';
import { selectGroups } from '../errors/error-query.js';
import { standingRecord } from '../errors/standing-record.js';
import type { ChainEntry, NewRecord } from '../record.js';
import { isAsideSince } from '../sqlite/aside-files.js';
import { type Connection, closeDatabase, openDatabase, type Quarantined, sizeBytesOf } from '../sqlite/database.js';
import { type Outcome, outcomeOf } from '../sqlite/outcome.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { transact } from '../sqlite/transaction.js';
import {
  type RetentionProgress,
  type RetentionStep,
  StreamRetention,
  type StreamState,
} from '../streams/stream-retention.js';
import { bodyBytesOf } from '../streams/stream-table.js';
import { admit, agree, conflict } from './admission.js';
import { ChainBases } from './chain-bases.js';
import { EntryTable } from './entry-table.js';
import { type LogJournal, LogJournals } from './log-journals.js';
import { type LogPage, LogReader, type LogReadOptions } from './log-reader.js';
import { logMigrations } from './log-schema.js';
import type {
  ErrorChange,
  ErrorQuery,
  LogAppend,
  LogAppended,
  LogHeld,
  LogHello,
  LogPruned,
  LogStatus,
  LogStoreOptions,
  LogWrite,
  ShownErrorGroup,
} from './log-types.js';
import { Openings } from './openings.js';
import { OwnChain } from './own-chain.js';

export class LogStore {
  /** Which ids were given out in which opening of the file. */
  readonly openings: Openings;
  readonly #db: Connection;
  readonly #errorStream: string;
  readonly #journals: LogJournals;
  readonly #reader: LogReader;
  readonly #groups: ErrorGroups;
  readonly #own: OwnChain;
  readonly #consumers: ConsumerGroups;
  readonly #retention: StreamRetention;
  readonly #bases: ChainBases;
  readonly #entries: EntryTable;
  readonly #counts;
  readonly #idAtPlace;

  /** Fails with JOURNAL_FAILED, CONFLICT (a newer schema), CONFIG_INVALID. */
  static open(options: LogStoreOptions): { store: LogStore; findings: Quarantined[] } {
    const { file, wallMs } = options;
    const { value, findings } = openDatabase(
      { file, migrations: logMigrations, wallMs },
      (db) => new LogStore(db, options),
    );
    return { store: value, findings };
  }

  private constructor(db: Connection, options: LogStoreOptions) {
    const { errorStream, groupOf, wallMs, machine = 'main', clock = systemClock } = options;
    this.#db = db;
    this.#errorStream = errorStream;
    this.#journals = new LogJournals(db);
    this.#reader = new LogReader(db);
    this.#groups = new ErrorGroups(db, groupOf, clock);
    this.#own = new OwnChain(this.#journals, machine);
    this.#consumers = new ConsumerGroups(db, this.#reader, wallMs);
    this.#retention = new StreamRetention(db, (stream) => this.#consumers.holderOf(stream));
    this.#bases = new ChainBases(db, this.#journals, this.#retention.runs);
    this.openings = new Openings(db);
    this.#entries = new EntryTable(db, this.openings);
    this.#counts = db.prepare<[], { oldestId: number; holeCount: number }>(
      'SELECT coalesce((SELECT min(id) FROM records), 0) AS oldestId, (SELECT count(*) FROM holes) AS holeCount',
    );
    this.#idAtPlace = db.prepare<[number], number>('SELECT id FROM records ORDER BY id LIMIT 1 OFFSET ?').pluck();
    this.#journals.all(); // proves every digest before anything is taken
  }

  /** How far the log holds a chain, and under which hash. Makes the chain known. */
  hello({ journalId, machine, parentId = null }: LogHello): LogHeld {
    return this.#transact('log.hello', () => {
      const known = this.#journals.claim(journalId, machine);
      const journal = this.#journals.put({ ...known, parentId: known.parentId ?? parentId });
      const siblingId = this.#journals.siblingOf(journal);
      return {
        headSeq: journal.head.seq,
        headHash: journal.head.hash,
        ...(siblingId === undefined ? {} : { siblingId }),
      };
    });
  }

  /** One transaction and one sync for the whole group; a batch that is refused fails alone, and whole. */
  appendBatches(batches: readonly LogAppend[]): Outcome<LogAppended>[] {
    return this.#write(() => batches.map((batch) => outcomeOf(() => this.#append(batch))));
  }

  /** The same for appends and what consumer groups ask, in the order in which they came. */
  runGroup(requests: readonly LogWrite[]) {
    return this.#write(() => requests.map((request) => outcomeOf(() => this.#run(request))));
  }

  read(options: LogReadOptions): LogPage {
    return this.#guard(() => this.#reader.read(options));
  }

  headId(): number {
    return this.#guard(() => this.#reader.headId());
  }

  /** The first id whose record was emitted at that moment or later; the next one when there is none yet. */
  idAt({ timeMs }: { timeMs: number }): number {
    return this.#guard(() => this.#consumers.idAt(timeMs));
  }

  /** The groups that are asked for, in the order that is asked for. */
  errorGroups(query: ErrorQuery): ErrorGroup[] {
    return this.#guard(() => selectGroups(this.#groups, query));
  }

  /** One group by the start of its fingerprint, where it comes from, and its newest occurrences. */
  errorGroup({ prefix, limit }: { prefix: string; limit: number }): ShownErrorGroup {
    return this.#guard(() => {
      const group = this.#groups.find(prefix);
      const { fingerprint } = group;
      const occurrences = this.#reader.byIds(this.#groups.occurrencesOf(fingerprint, limit));
      return { group, sources: this.#groups.sourcesOf(fingerprint), occurrences };
    });
  }

  /** The group as it stands now; a change is stored together with the record that tells of it. */
  changeError({ prefix, request }: ErrorChange): { group: ErrorGroup; hasChanged: boolean } {
    return this.#write(() => {
      const { group, changes } = this.#groups.change(prefix, request);
      for (const change of changes) this.#storeOwn(standingRecord(change));
      return { group, hasChanged: changes.length > 0 };
    });
  }

  /** Deletes the oldest records until `keep` are left; at most a bounded number per call. Counts of groups stay. */
  prune({ keep, wallMs = 0 }: { keep: number; wallMs?: number }): LogPruned {
    return this.#whole('log.prune', () => {
      const excess = this.#retention.table.beyond(keep);
      const upToId = excess === 0 ? undefined : this.#idAtPlace.get(Math.min(excess, limits.pruneRowsMax) - 1);
      if (upToId === undefined) return { prunedCount: 0, isDone: true, losses: [] };
      const losses = this.#consumers.beforePrune(upToId, wallMs);
      this.#retention.beforePruneOfAll(upToId);
      this.#bases.move(upToId);
      const { changes } = this.#db.prepare('DELETE FROM records WHERE id <= ?').run(upToId);
      this.#groups.pruneOccurrences(upToId);
      return { prunedCount: changes, isDone: changes >= excess, losses };
    });
  }

  /** One step of the retention of streams; at most a bounded number of records. */
  retain(step: RetentionStep): RetentionProgress {
    return this.#transact('log.prune', () => {
      if (step.after === '') this.#bases.forgetSpent();
      return this.#retention.step(step, (stream, upToId) => {
        if (stream === this.#errorStream) this.#groups.pruneOccurrences(upToId);
      });
    });
  }

  /** Those of these references that a record or a dead letter has; all while a log put aside may have such a record. */
  heldRefs({ machine, refs, wallMs }: { machine: string; refs: readonly string[]; wallMs: number }): string[] {
    if (isAsideSince(this.#db.name, wallMs - limits.bodyAsideMs)) return [...refs];
    return this.#guard(() => refs.filter((ref) => this.#entries.refersTo(machine, ref)));
  }

  /** The streams that are known, in the order of their names, behind `after`. */
  streams({ after, limit }: { after: string; limit: number }): StreamState[] {
    return this.#guard(() => this.#retention.list(after, limit));
  }

  status(): LogStatus {
    return this.#guard(() => ({
      headId: this.#reader.headId(),
      oldestId: this.#counts.get()?.oldestId ?? 0,
      sizeBytes: sizeBytesOf(this.#db.name),
      holeCount: this.#counts.get()?.holeCount ?? 0,
      errorGroupCount: this.#groups.count(),
      journals: this.#journals.all().map(({ journalId, machine, head }) => ({ journalId, machine, headSeq: head.seq })),
    }));
  }

  close(): void {
    this.#guard(() => closeDatabase(this.#db));
  }

  #run(request: LogWrite) {
    return request.name === 'append' ? this.#append(request.args) : runGroupRequest(this.#consumers, request);
  }

  /** Everything that can refuse the batch comes before the first write, so a refusal leaves no trace (L2). */
  #append(batch: LogAppend): LogAppended {
    const journal = this.#journals.claim(batch.journalId, batch.machine);
    const { duplicates, fresh, head } = admit(journal.head, batch);
    for (const entry of duplicates) this.#compare(journal, entry);
    const lastId = this.#store(journal, fresh);
    if (fresh.length > 0) this.#journals.put({ ...journal, head });
    return { headSeq: head.seq, storedCount: fresh.length, lastId, isProved: journal.head.hash !== null };
  }

  #compare(journal: LogJournal, entry: ChainEntry): void {
    if (entry.seq <= journal.baseSeq) return;
    const held = this.#reader.hashAt(journal.id, entry.seq);
    if (held === undefined) {
      if (this.#retention.runs.at(journal.id, entry.seq) !== undefined) return;
      const { journalId } = journal;
      const text = `entry ${entry.seq} of chain ${journalId} should be held, and is not`;
      throw new MeshError('JOURNAL_DAMAGED', text, { details: { journalId, seq: entry.seq } });
    }
    if (!agree(held, entry.hash)) throw conflict(journal.journalId, entry.seq);
  }

  /** Answers the id of the last record; 0 when there is none. */
  #store(journal: LogJournal, entries: readonly ChainEntry[]): number {
    const { records, lastId } = this.#entries.insert(journal.id, entries);
    let id = lastId - records.length;
    for (const record of records) {
      id += 1;
      this.#retention.table.add(record.stream, bodyBytesOf(record));
      if (record.stream === this.#errorStream) this.#groups.add(id, record, journal.machine);
    }
    return lastId;
  }

  #storeOwn(record: NewRecord): void {
    const { journal, entry } = this.#own.seal(record);
    this.#store(journal, [entry]);
    this.#journals.put({ ...journal, head: entry });
  }

  #write<T>(work: () => T): T {
    return this.#whole('log.append', () => {
      const outcomes = work();
      for (const change of this.#groups.write()) this.#storeOwn(standingRecord(change));
      this.#retention.table.flush();
      return outcomes;
    });
  }

  /** What is remembered beside the file changes with it, or not at all. */
  #whole<T>(what: Commit, work: () => T): T {
    try {
      return this.#transact(what, work);
    } catch (thrown) {
      for (const memory of [this.#retention.table, this.#groups, this.#consumers, this.openings]) memory.forget();
      throw thrown;
    }
  }

  #transact<T>(what: Commit, work: () => T): T {
    return this.#guard(() => transact(this.#db, what, work));
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storeError(thrown, this.#db.name);
    }
  }
}
