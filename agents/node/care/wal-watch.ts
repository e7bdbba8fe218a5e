/**
 * Watches the write-ahead logs of what a machine stores: one that cannot be begun anew, because somebody reads for long,
 * grows until the disk is full. Beyond a size that is said, with who it is; told once until it is over.
 */
import { limits } from '../../../common/core/limits.js';
import { walBytesOf } from '../../../common/journal/sqlite/database.js';
import { readersOf } from '../../../common/journal/sqlite/wal-readers.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';

export interface WalWatchOptions {
  /** Files by what they are: `journal`, `log`. */
  readonly files: Readonly<Record<string, string>>;
  readonly onReport: (report: ErrorReportInput) => void;
  readonly warnedBytes?: number;
}

export class WalWatch {
  readonly #told = new Set<string>();
  #warnings: readonly string[] = [];

  constructor(private readonly options: WalWatchOptions) {}

  /** What is wrong now, a sentence each. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  get counters(): Record<string, number> {
    const { files } = this.options;
    return Object.fromEntries(Object.entries(files).map(([name, file]) => [`${name}.walBytes`, walBytesOf(file)]));
  }

  look(): void {
    this.#warnings = Object.entries(this.options.files).flatMap(([name, file]) => this.#lookAt(name, file) ?? []);
  }

  #lookAt(name: string, file: string): string | undefined {
    const { warnedBytes = limits.walBytesWarned, onReport } = this.options;
    const sizeBytes = walBytesOf(file);
    if (sizeBytes <= warnedBytes) {
      this.#told.delete(name);
      return undefined;
    }
    const readers = readersOf(file).map(({ pid, program }) => `${program || 'a process'} (pid ${pid})`);
    const who = readers.length === 0 ? '' : `: ${readers.join(', ')} reads it for long and keeps it from being emptied`;
    const message = `the write-ahead log of the ${name} has ${Math.round(sizeBytes / MIB)} MiB${who}`;
    if (!this.#told.has(name)) {
      this.#told.add(name);
      const next = 'end who reads, or let it read in shorter pieces; the log is emptied then by itself';
      onReport({
        code: 'WAL_HELD',
        severity: 'warning',
        component: 'journal',
        message,
        context: { file, sizeBytes, next },
      });
    }
    return message;
  }
}

const MIB = 1024 * 1024;
