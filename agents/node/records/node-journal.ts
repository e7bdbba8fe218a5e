/**
 * The way of records into the machine's journal, as the node goes it: an append wakes the forwarder, and says whether the
 * journal works. What the node itself has to report goes the same way; it is never awaited. A report that cannot be stored
 * (the disk is full) waits, within a bound, and is stored as soon as the journal works again. While it does not, that is
 * told once, and it is tried every second with a commit that changes nothing: so it is known to work again also where
 * nobody has anything to store.
 */
import { systemClock } from '../../../common/core/clock.js';
import { toMeshError } from '../../../common/core/errors.js';
import { failpoint } from '../../../common/core/failpoint.js';
import { limits } from '../../../common/core/limits.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import { type NewRecord, recordOf } from '../../../common/journal/record.js';
import type { AgentLog } from '../../../common/log/log.js';
import { encode } from '../../../common/protocol/codec.js';
import { ERRORS_STREAM, type ErrorReport } from '../../../common/protocol/error-report.js';
import { type Incident, incidents, NODE_AGENT } from './incident.js';

export class NodeJournal {
  /** Why what agents emit cannot be stored; empty while it can. */
  degraded = '';
  readonly #damageTold = new Set<string>();
  /** Reports that the journal could not take yet, oldest first. */
  #waiting: NewRecord[] = [];
  #lostCount = 0;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly journal: Pick<Journal, 'append' | 'probe' | 'epoch'>,
    private readonly log: AgentLog,
    private readonly onAppended: () => void,
  ) {}

  /** @throws what `Journal.append` throws */
  async append(batch: Parameters<Journal['append']>[0]): ReturnType<Journal['append']> {
    try {
      const appended = await this.journal.append(batch);
      failpoint('node.answering');
      // What is essential finds room also where records do not.
      if (this.degraded !== '' && batch.isEssential !== true) this.#onWorks();
      this.onAppended();
      return appended;
    } catch (error) {
      const { code, message } = toMeshError(error);
      if (code === 'JOURNAL_FAILED') this.#onFailed(message);
      throw error;
    }
  }

  /** What the node has seen. */
  report(incident: Incident): void {
    const { code, message } = incident.report;
    if (code === 'JOURNAL_DAMAGED' && !this.#isNewDamage(message)) return;
    this.log.error({ code }, message);
    this.#store(incident.toRecord(NODE_AGENT, this.journal.epoch));
  }

  /** What became of a process, in its name. */
  reportDeath(agent: string, epoch: number, report: ErrorReport): void {
    this.#store(recordOf(ERRORS_STREAM, systemClock.wallMs(), agent, epoch, encode(report)));
  }

  /** Something that happened to an agent, in its name. */
  record(stream: string, agent: string, epoch: number, body: unknown): void {
    this.#store(recordOf(stream, systemClock.wallMs(), agent, epoch, encode(body)));
  }

  /** A damaged row is met when the journal is opened and each time it is read to be sent; it is told once. */
  #isNewDamage(message: string): boolean {
    if (this.#damageTold.has(message) || this.#damageTold.size >= DAMAGE_TOLD_MAX) return false;
    this.#damageTold.add(message);
    return true;
  }

  /** Tries again what waits, when the journal works. */
  async retry(): Promise<void> {
    if (this.degraded === '') return this.#storeWaiting();
    try {
      await this.journal.probe();
      this.#onWorks();
    } catch (error) {
      const { code, message } = toMeshError(error);
      if (code === 'JOURNAL_FAILED') this.degraded = message;
    }
  }

  close(): void {
    clearInterval(this.#looking);
  }

  #onFailed(message: string): void {
    const isNew = this.degraded === '';
    this.degraded = message;
    if (!isNew) return;
    this.#looking = setInterval(() => void this.retry(), limits.storeLookMs).unref();
    this.report(incidents.journalFailed(message));
  }

  #onWorks(): void {
    clearInterval(this.#looking);
    this.log.info({ after: this.degraded }, 'the journal takes records again');
    this.degraded = '';
    this.#storeWaiting();
  }

  #storeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const record of waiting) this.#store(record);
  }

  /** Reports of this node that were not stored: too many of them waited. */
  get counters(): { reportsWaiting: number; reportsLost: number } {
    return { reportsWaiting: this.#waiting.length, reportsLost: this.#lostCount };
  }

  #store(record: NewRecord): void {
    this.append({ records: [record], isEssential: true }).catch((error: unknown) => {
      const waits = toMeshError(error).retryable && this.#waiting.length < REPORTS_WAITING_MAX;
      this.log.error({ err: error, stream: record.stream, waits }, 'a record of the node could not be stored');
      if (waits) this.#waiting.push(record);
      else this.#lostCount++;
    });
  }
}

/** A full disk, and a machine whose agents die of it: what is told of them must still be told when there is room. */
const REPORTS_WAITING_MAX = 1_000;
/** A ruined file has thousands of damaged rows, and main learns of each as a hole: these many are told in words. */
const DAMAGE_TOLD_MAX = 100;
