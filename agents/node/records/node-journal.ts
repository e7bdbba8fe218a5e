/**
 * The way of records into the machine's journal, as the node goes it: an append wakes the forwarder, and says whether the
 * journal works. What the node itself has to report goes the same way; it is never awaited. A report that cannot be stored
 * (the disk is full) waits, within a bound, and is stored as soon as the journal works again.
 */
import { systemClock } from '../../../common/core/clock.js';
import { toMeshError } from '../../../common/core/errors.js';
import { failpoint } from '../../../common/core/failpoint.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import { type NewRecord, recordOf } from '../../../common/journal/record.js';
import type { AgentLog } from '../../../common/log/log.js';
import { encode } from '../../../common/protocol/codec.js';
import { ERRORS_STREAM, type ErrorReport } from '../../../common/protocol/error-report.js';
import { type Incident, NODE_AGENT } from './incident.js';

export class NodeJournal {
  /** Why nothing can be stored; empty when the last append was. */
  degraded = '';
  readonly #damageTold = new Set<string>();
  /** Reports that the journal could not take yet, oldest first. */
  #waiting: NewRecord[] = [];
  #lostCount = 0;

  constructor(
    private readonly journal: Pick<Journal, 'append' | 'epoch'>,
    private readonly log: AgentLog,
    private readonly onAppended: () => void,
  ) {}

  /** @throws what `Journal.append` throws */
  async append(batch: Parameters<Journal['append']>[0]): ReturnType<Journal['append']> {
    try {
      const appended = await this.journal.append(batch);
      failpoint('node.answering');
      this.degraded = '';
      this.onAppended();
      return appended;
    } catch (error) {
      const { code, message } = toMeshError(error);
      if (code === 'JOURNAL_FAILED') this.degraded = message;
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

  /** Tries again what waits. Called now and then, because a journal without other records would never be asked. */
  retry(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const record of waiting) this.#store(record);
  }

  /** Reports of this node that were not stored: too many of them waited. */
  get counters(): { reportsWaiting: number; reportsLost: number } {
    return { reportsWaiting: this.#waiting.length, reportsLost: this.#lostCount };
  }

  #store(record: NewRecord): void {
    this.append({ records: [record] }).catch((error: unknown) => {
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
