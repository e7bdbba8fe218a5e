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
import { MACHINE } from '../../../common/journal/folds/fold-book.js';
import type { ReportPlace } from '../../../common/journal/folds/fold-table.js';
import type { ReportBatch } from '../../../common/journal/folds/report-intake.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import { recordOf } from '../../../common/journal/record.js';
import type { AgentLog } from '../../../common/log/log.js';
import type { ErrorReport } from '../../../common/protocol/errors/error-report.js';
import { encode } from '../../../common/protocol/frames/codec.js';
import { type Incident, incidents, NODE_AGENT } from './incident.js';
import { ReportDesk } from './report-desk.js';
import { ReportSealer } from './report-sealer.js';

export class NodeJournal {
  /** Why what agents emit cannot be stored now; empty while it can. */
  #trouble = '';
  #isDamageOfFileTold = false;
  readonly #damageTold = new Set<string>();
  readonly #desk: ReportDesk;
  readonly #sealer = new ReportSealer();
  /** What the journal could not take yet, oldest first. */
  #waiting: (() => Promise<unknown>)[] = [];
  #lostCount = 0;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly journal: Pick<Journal, 'append' | 'report' | 'tell' | 'probe' | 'epoch' | 'damage'>,
    private readonly log: AgentLog,
    private readonly onAppended: () => void,
  ) {
    this.#desk = new ReportDesk(journal, systemClock, onAppended);
  }

  /** Why the journal works only in part; empty when all is well. What is damaged stays so until it is opened anew. */
  get degraded(): string {
    const { damage } = this.journal;
    return damage === '' ? this.#trouble : damage;
  }

  /** @throws what `Journal.append` throws */
  async append(batch: Parameters<Journal['append']>[0]): ReturnType<Journal['append']> {
    // What is essential finds room also where records do not.
    const appended = await this.#watched(this.journal.append(batch), batch.isEssential !== true);
    this.onAppended();
    return appended;
  }

  /** Reports of errors, each stored or counted. @throws what `ReportDesk.take` throws */
  takeReports(batch: ReportBatch): Promise<ReportPlace[]> {
    return this.#watched(this.#desk.take(batch), false);
  }

  /** Stores what was counted of errors; called when there will be no more of them. */
  async flush(): Promise<void> {
    await this.#watched(this.#desk.flush(), false).catch((error: unknown) => {
      this.log.warn({ err: error }, 'what was counted of errors is told after the next start');
    });
  }

  /** @param provesRoom when it succeeds, records can be stored again */
  async #watched<T>(work: Promise<T>, provesRoom: boolean): Promise<T> {
    try {
      const result = await work;
      failpoint('node.answering');
      if (this.#trouble !== '' && provesRoom) this.#onWorks();
      return result;
    } catch (error) {
      const { code, message } = toMeshError(error);
      if (code === 'JOURNAL_FAILED') this.#onFailed(message);
      this.#lookForDamage();
      throw error;
    }
  }

  /** What the node has seen. */
  report(incident: Incident): void {
    const { code, message } = incident.report;
    if (code === 'JOURNAL_DAMAGED' && !this.#isNewDamage(message)) return;
    this.log.error({ code }, message);
    this.reportDeath(NODE_AGENT, this.journal.epoch, incident.report);
  }

  /** What became of a process, in its name. It has room beside the reports of agents, however many those are. */
  reportDeath(agent: string, epoch: number, report: ErrorReport): void {
    const tsMs = systemClock.wallMs();
    const sealed = this.#sealer.seal(report, { agent, epoch, account: MACHINE, tsMs, trace: '' });
    this.#store(() => this.takeReports({ reports: [sealed] }));
  }

  /** Something that happened to an agent, in its name. */
  record(stream: string, agent: string, epoch: number, body: unknown): void {
    const record = recordOf(stream, systemClock.wallMs(), agent, epoch, encode(body));
    this.#store(() => this.append({ records: [record], isEssential: true }));
  }

  /** A damaged row is met when the journal is opened and each time it is read to be sent; it is told once. */
  #isNewDamage(message: string): boolean {
    if (this.#damageTold.has(message) || this.#damageTold.size >= DAMAGE_TOLD_MAX) return false;
    this.#damageTold.add(message);
    return true;
  }

  /** Tries again what waits, when the journal works. */
  async retry(): Promise<void> {
    this.#lookForDamage();
    if (this.#trouble === '') return this.#storeWaiting();
    try {
      await this.journal.probe();
      this.#onWorks();
    } catch (error) {
      const { code, message } = toMeshError(error);
      if (code === 'JOURNAL_FAILED') this.#trouble = message;
    }
  }

  close(): void {
    clearInterval(this.#looking);
    this.#desk.close();
  }

  #onFailed(message: string): void {
    const isNew = this.#trouble === '';
    this.#trouble = message;
    if (!isNew) return;
    this.#looking = setInterval(() => void this.retry(), limits.storeLookMs).unref();
    this.report(incidents.journalFailed(message));
  }

  /** Whoever has met it, also the one who sends records to main. */
  #lookForDamage(): void {
    const { damage } = this.journal;
    if (damage === '' || this.#isDamageOfFileTold) return;
    this.#isDamageOfFileTold = true;
    this.report(incidents.fileDamaged(damage));
  }

  #onWorks(): void {
    clearInterval(this.#looking);
    this.log.info({ after: this.#trouble }, 'the journal takes records again');
    this.#trouble = '';
    this.#storeWaiting();
  }

  #storeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const store of waiting) this.#store(store);
  }

  /** Of its own, those that wait, and those that were not stored because too many waited; of all, those that were counted. */
  get counters(): Record<string, number> {
    return { reportsWaiting: this.#waiting.length, reportsLost: this.#lostCount, ...this.#desk.counters };
  }

  #store(store: () => Promise<unknown>): void {
    store().catch((error: unknown) => {
      const waits = toMeshError(error).retryable && this.#waiting.length < REPORTS_WAITING_MAX;
      this.log.error({ err: error, waits }, 'a record of the node could not be stored');
      if (waits) this.#waiting.push(store);
      else this.#lostCount++;
    });
  }
}

/** A full disk, and a machine whose agents die of it: what is told of them must still be told when there is room. */
const REPORTS_WAITING_MAX = 1_000;
/** A ruined file has thousands of damaged rows, and main learns of each as a hole: these many are told in words. */
const DAMAGE_TOLD_MAX = 100;
