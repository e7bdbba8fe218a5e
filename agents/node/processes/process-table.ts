/**
 * The table of processes on disk, as the node keeps it: every change of a process is written down at once. A write that
 * fails (the disk is full) is logged and repeated with the next change; it never stands in the way of supervision, and
 * costs only what the next node could not know by looking.
 */
import { type Clock, momentOf } from '../../../common/core/clock.js';
import type { ProcessRecord, ProcessStore } from '../../../common/journal/processes/process-store.js';
import type { AgentLog } from '../../../common/log/log.js';
import { type Rememberable, recordOf } from './process-memory.js';

export class ProcessTable {
  /** As the node before left it. */
  readonly records: readonly ProcessRecord[];
  /** What waits to be written: a process, or undefined for one that is gone. */
  readonly #waiting = new Map<string, Rememberable | undefined>();
  #isFailing = false;

  constructor(
    private readonly store: Pick<ProcessStore, 'all' | 'put' | 'remove' | 'close'>,
    readonly bootId: string,
    private readonly clock: Clock,
    private readonly log: AgentLog,
  ) {
    this.records = store.all();
  }

  note(process: Rememberable): void {
    this.#waiting.set(process.name, process);
    this.retry();
  }

  /** It does not belong to this machine any more. */
  forget(name: string): void {
    this.#waiting.set(name, undefined);
    this.retry();
  }

  /** Writes what could not be written before. */
  retry(): void {
    if (this.#waiting.size === 0) return;
    try {
      const now = momentOf(this.clock);
      const living = [...this.#waiting.values()].filter((process) => process !== undefined);
      this.store.put(living.map((process) => recordOf(process, this.bootId, now)));
      for (const [name, process] of this.#waiting) if (process === undefined) this.store.remove(name);
      this.#waiting.clear();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.log.error({ err: error }, 'the table of processes cannot be written; it is tried again');
      this.#isFailing = true;
    }
  }

  close(): void {
    this.retry();
    this.store.close();
  }
}
