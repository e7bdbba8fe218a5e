/**
 * The merged log of the mesh, as the central broker holds it. `append` resolves after its commit is synced, which is
 * when the sender may be told. The store runs in a thread of its own; appends of several machines share one sync.
 */
import { type Clock, systemClock } from '../../core/clock.js';
import type { MeshError } from '../../core/errors.js';
import type { LogOpening } from '../../protocol/log-opening.js';
import type { StreamRule } from '../../protocol/stream-rule.js';
import type { GroupLoss } from '../consumers/group-requests.js';
import { GroupsClient } from '../consumers/groups-client.js';
import type { ErrorGroup } from '../errors/error-group.js';
import { FinderClient } from '../finder/finder-client.js';
import type { FindOptions, FoundPage } from '../finder/log-finder.js';
import type { Quarantined } from '../sqlite/database.js';
import { WorkerClient } from '../sqlite/worker-client.js';
import type { HeldStream, RetentionProgress, StreamState } from '../streams/stream-retention.js';
import type { LogPage, LogReadOptions } from './log-reader.js';
import type { ErrorChange, ErrorQuery, LogAppend, LogHeld, LogHello, LogStatus, ShownErrorGroup } from './log-types.js';
import type { LogOperations } from './log-worker.js';
import { packAppend } from './packed-append.js';
import { RecentRecords } from './recent-records.js';

export interface LogOptions {
  readonly file: string;
  /** In whose name the log writes its own records. Default: `main`. */
  readonly machine?: string;
  readonly clock?: Clock;
  /** The store's thread died: nothing can be written until the process is started again. */
  readonly onFatal?: (error: MeshError) => void;
  /** The file was found damaged while it is open: some of it can neither be read nor written. Once for each thread. */
  readonly onDamage?: (error: MeshError) => void;
}

export class Log {
  /** The consumer groups, which live in the same file. */
  readonly groups: GroupsClient;
  /** The name of this opening of the file: no other one has it. */
  readonly epoch: string;
  readonly #client: WorkerClient<LogOperations>;
  readonly #finder: FinderClient;
  readonly #clock: Clock;
  readonly #recent = new RecentRecords();

  /** Fails with JOURNAL_FAILED, CONFLICT (newer schema), CONFIG_INVALID (network filesystem). */
  static async open(options: LogOptions): Promise<{ log: Log; findings: Quarantined[] }> {
    const { file, machine, clock = systemClock, onFatal, onDamage } = options;
    const client = new WorkerClient<LogOperations>({
      entry: new URL('./log-worker.js', import.meta.url),
      what: `the log ${file}`,
      ...(onFatal === undefined ? {} : { onFatal }),
      onDamage,
    });
    try {
      const { findings, epoch } = await client.call('open', {
        file,
        wallMs: clock.wallMs(),
        ...(machine === undefined ? {} : { machine }),
      });
      return { log: new Log(client, new FinderClient(file, onDamage), clock, epoch), findings };
    } catch (thrown) {
      await client.close().catch(() => undefined);
      throw thrown;
    }
  }

  private constructor(client: WorkerClient<LogOperations>, finder: FinderClient, clock: Clock, epoch: string) {
    this.epoch = epoch;
    this.#client = client;
    this.#finder = finder;
    this.#clock = clock;
    this.groups = new GroupsClient(client, clock);
  }

  /** How far a chain is held, and under which hash. CONFLICT: it belongs to another machine. */
  hello(hello: LogHello): Promise<LogHeld> {
    return this.#client.call('hello', hello);
  }

  /** Takes the entries that are new and compares the others. Fails with JOURNAL_GAP, JOURNAL_DAMAGED, CONFLICT. */
  async append(batch: LogAppend): Promise<{ headSeq: number }> {
    const sizeBytes = batch.entries.reduce(
      (sum, entry) => sum + (entry.kind === 'record' ? entry.body.byteLength : 0),
      0,
    );
    const appended = await this.#client.call('append', packAppend(batch), sizeBytes);
    this.#recent.add(batch, appended);
    return { headSeq: appended.headSeq };
  }

  async read(options: LogReadOptions): Promise<LogPage> {
    return this.#recent.read(options) ?? this.#client.call('read', options);
  }

  /** The first id whose record was emitted at that moment or later; the next one when there is none yet. */
  idAt(timeMs: number): Promise<number> {
    return this.#client.call('idAt', { timeMs });
  }

  /** Which ids were given out in which opening of the file, oldest first. */
  openings(): Promise<LogOpening[]> {
    return this.#client.call('openings', undefined);
  }

  /** The newest id. */
  headId(): Promise<number> {
    return this.#client.call('headId', undefined);
  }

  /** The groups that are asked for, as they stand now. */
  errorGroups(query: ErrorQuery): Promise<ErrorGroup[]> {
    return this.#client.call('errorGroups', query);
  }

  /** One group by the start of its fingerprint, with its newest occurrences. NOT_FOUND; CONFLICT when several begin so. */
  errorGroup(prefix: string, limit: number): Promise<ShownErrorGroup> {
    return this.#client.call('errorGroup', { prefix, limit });
  }

  /** What somebody decides about a group, after its commit. NOT_FOUND; CONFLICT when several begin so. */
  async changeError(change: ErrorChange): Promise<{ group: ErrorGroup; hasChanged: boolean }> {
    const changed = await this.#client.call('changeError', change);
    if (changed.hasChanged) this.#recent.clear();
    return changed;
  }

  /** Makes quicker to find what was appended, in steps between which appends go on. */
  async index(): Promise<void> {
    while (!(await this.#client.call('index', undefined)).isDone);
  }

  /** The records that are looked for, a page at a time: in a thread beside the one that writes. */
  find(options: FindOptions): Promise<FoundPage> {
    return this.#finder.find(options);
  }

  /** Resolves when an append would be stored now. @throws JOURNAL_FAILED with the reason why not */
  probe(): Promise<void> {
    return this.#client.call('probe', undefined);
  }

  status(): Promise<LogStatus> {
    return this.#client.call('status', undefined);
  }

  /**
   * Deletes the oldest records until `keep` are left, in steps between which appends go on.
   * @param onLoss a group had not settled some of what goes
   */
  async prune(keep: number, onLoss: (loss: GroupLoss) => void = () => undefined): Promise<number> {
    for (let totalCount = 0; ; ) {
      const { prunedCount, isDone, losses } = await this.#client.call('prune', { keep, wallMs: this.#clock.wallMs() });
      if (prunedCount > 0) this.#recent.clear();
      for (const loss of losses) onLoss(loss);
      totalCount += prunedCount;
      if (isDone) return totalCount;
    }
  }

  /**
   * Brings every stream within the bounds of its rule, in steps between which appends go on.
   * @param onHeld a group keeps a stream from that
   * @param wallMs by which their age is judged
   */
  async retain(
    rules: readonly StreamRule[],
    onHeld: (held: HeldStream) => void = () => undefined,
    wallMs = this.#clock.wallMs(),
  ): Promise<number> {
    let totalCount = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const progress: RetentionProgress = await this.#client.call('retain', {
        rules,
        after,
        wallMs,
      });
      if (progress.prunedCount > 0) this.#recent.clear();
      totalCount += progress.prunedCount;
      for (const held of progress.held) onHeld(held);
      after = progress.next;
    }
    return totalCount;
  }

  /** Those of these references to bodies of a machine that a record or a dead letter has, or may have. */
  heldRefs(machine: string, refs: readonly string[]): Promise<string[]> {
    return this.#client.call('heldRefs', { machine, refs, wallMs: this.#clock.wallMs() });
  }

  /** The streams that are known, in the order of their names, behind `after`. */
  streams(after: string, limit: number): Promise<StreamState[]> {
    return this.#client.call('streams', { after, limit });
  }

  /** Finishes what was asked before, moves the write-ahead log into the file, and ends the thread. Idempotent. */
  async close(): Promise<void> {
    await this.#finder.close();
    await this.#client.close();
  }
}
