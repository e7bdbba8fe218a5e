/**
 * The way of reports into the machine's journal. What comes while one transaction is under way goes into the next, so many
 * reporters share one sync; and the counts that the journal keeps are told when they are due.
 */
import type { Clock } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { ReportPlace } from '../../../common/journal/folds/fold-table.js';
import type { ReportBatch } from '../../../common/journal/folds/report-intake.js';
import type { Journal } from '../../../common/journal/machine/journal.js';

interface Waiting {
  readonly batch: ReportBatch;
  readonly bytes: number;
  readonly resolve: (places: ReportPlace[]) => void;
  readonly reject: (error: MeshError) => void;
}

export class ReportDesk {
  readonly counters = { reportsCounted: 0, reportCountsTold: 0 };
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #storing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(
    private readonly journal: Pick<Journal, 'report' | 'tell'>,
    private readonly clock: Clock,
    /** Records were stored. */
    private readonly onStored: () => void,
  ) {}

  /** @throws QUEUE_FULL, JOURNAL_FAILED, CONFLICT, INVALID_INPUT, TOO_LARGE */
  take(batch: ReportBatch): Promise<ReportPlace[]> {
    const bytes = batch.reports.reduce((sum, { record, body }) => sum + record.body.byteLength + body.byteLength, 0);
    if (this.#waiting.length >= limits.journalQueueMax || this.#waitingBytes + bytes > limits.journalQueueBytesMax) {
      const text = `${this.#waiting.length} batches of reports wait for the journal already`;
      return Promise.reject(new MeshError('QUEUE_FULL', text, { hint: 'Wait for an answer, then repeat.' }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#storing ??= this.#storeAll();
    });
  }

  /** Tells all that was counted. @throws JOURNAL_FAILED */
  async flush(): Promise<void> {
    await this.#storing;
    await this.#tell();
  }

  /** What is counted and not told stays in the journal, and the next opening tells it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #storeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      for (const { bytes } of group) this.#waitingBytes -= bytes;
      await this.#store(group);
    }
    // In the same turn as the look that found nothing: what comes from here on starts the next run.
    this.#storing = undefined;
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      const batches = group.map(({ batch }) => batch);
      const { outcomes, nextDueMs } = await this.journal.report(batches, this.clock.monotonicMs());
      for (const [index, { batch, resolve, reject }] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome?.ok !== true)
          reject(outcome?.error ?? new MeshError('INTERNAL', 'a batch of reports has no outcome'));
        else resolve(this.#counted(batch, outcome.value));
      }
      this.#wakeAt(nextDueMs);
    } catch (error) {
      for (const { reject } of group) reject(toMeshError(error));
    }
  }

  #counted({ reports }: ReportBatch, places: ReportPlace[]): ReportPlace[] {
    places.forEach(({ isFolded }, index) => {
      if (isFolded) this.counters.reportsCounted += reports[index]?.count ?? 0;
    });
    if (places.some(({ isFolded }) => !isFolded)) this.onStored();
    return places;
  }

  async #tell(nowMs?: number): Promise<void> {
    const { toldCount, nextDueMs } = await this.journal.tell(nowMs);
    this.counters.reportCountsTold += toldCount;
    if (toldCount > 0) this.onStored();
    this.#wakeAt(nextDueMs);
  }

  /** One timer, for what is due first. */
  #wakeAt(dueMs: number | undefined): void {
    if (dueMs === undefined || dueMs >= this.#dueMs || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    const waitMs = Math.max(1, Math.ceil(dueMs - this.clock.monotonicMs()));
    this.#timer = setTimeout(() => void this.#onDue(), waitMs).unref();
  }

  async #onDue(): Promise<void> {
    this.#dueMs = Number.POSITIVE_INFINITY;
    try {
      await this.#tell(this.clock.monotonicMs());
    } catch {
      // The journal cannot write, which is told elsewhere; what is counted is safe in it.
      this.#wakeAt(this.clock.monotonicMs() + limits.storeLookMs);
    }
  }
}

/** Batches that one transaction takes: bounds how long the first of them waits. */
const GROUP_MAX = 256;
