/**
 * The way of records into the machine's journal, as the node goes it: an append wakes the forwarder, and says whether the
 * journal works. What the node itself has to report goes the same way; it is never awaited, and a report that cannot be
 * stored is logged.
 */
import { systemClock } from '../../common/core/clock.js';
import { toMeshError } from '../../common/core/errors.js';
import type { Journal } from '../../common/journal/journal.js';
import type { NewRecord } from '../../common/journal/record.js';
import type { AgentLog } from '../../common/log/log.js';
import { encode } from '../../common/protocol/codec.js';
import { ERRORS_STREAM, type ErrorReport } from '../../common/protocol/error-report.js';
import { type Incident, NODE_AGENT } from './incident.js';

export class NodeJournal {
  /** Why nothing can be stored; empty when the last append was. */
  degraded = '';
  readonly #damageTold = new Set<string>();

  constructor(
    private readonly journal: Journal,
    private readonly log: AgentLog,
    private readonly onAppended: () => void,
  ) {}

  /** @throws what `Journal.append` throws */
  async append(batch: Parameters<Journal['append']>[0]): ReturnType<Journal['append']> {
    try {
      const appended = await this.journal.append(batch);
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
    this.#store({ stream: ERRORS_STREAM, tsMs: systemClock.wallMs(), agent, epoch, body: encode(report) });
  }

  /** A damaged row is met when the journal is opened and each time it is read to be sent; it is told once. */
  #isNewDamage(message: string): boolean {
    if (this.#damageTold.has(message) || this.#damageTold.size >= DAMAGE_TOLD_MAX) return false;
    this.#damageTold.add(message);
    return true;
  }

  #store(record: NewRecord): void {
    this.append({ records: [record] }).catch((error: unknown) => {
      this.log.error({ err: error, stream: record.stream }, 'a record of the node could not be stored');
    });
  }
}

/** A ruined file has thousands of damaged rows, and main learns of each as a hole: these many are told in words. */
const DAMAGE_TOLD_MAX = 100;
