/** What cannot be done with logs: each told once when it begins, and forgotten when it works again. Pure. */
import { messageOf } from '../../../common/core/errors.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';

export class LogTrouble {
  readonly #sentences = new Map<string, string>();

  /** Empty when there is none. */
  get sentence(): string {
    const [first = '', ...others] = this.#sentences.values();
    return others.length === 0 ? first : `${first} (and ${others.length} more)`;
  }

  /** @returns what is to be told, when it is new */
  onFailure(key: string, what: string, error: unknown): ErrorReportInput | undefined {
    return this.#begin(key, `${what}: ${messageOf(error)}`, 'LOG_ROTATION_FAILED');
  }

  /** @returns what is to be told, when it is new */
  onDiskFull(folder: string, leftBytes: number): ErrorReportInput | undefined {
    const message = `the disk of the logs is full: ${leftBytes} bytes are left in ${folder}, and what processes write is lost`;
    return this.#begin(DISK, message, 'LOG_DISK_FULL');
  }

  onDiskRoom(): void {
    this.#sentences.delete(DISK);
  }

  onSuccess(key: string): void {
    this.#sentences.delete(key);
  }

  #begin(key: string, message: string, code: string): ErrorReportInput | undefined {
    const isNew = !this.#sentences.has(key);
    this.#sentences.set(key, message);
    if (!isNew) return undefined;
    return {
      code,
      severity: 'error',
      component: 'log',
      message,
      context: { next: 'it is tried again; look at the disk of this machine with "df"' },
    };
  }
}

/** No name of an agent. */
const DISK = '/';
