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
    const isNew = !this.#sentences.has(key);
    const message = `${what}: ${messageOf(error)}`;
    this.#sentences.set(key, message);
    if (!isNew) return undefined;
    return {
      code: 'LOG_ROTATION_FAILED',
      severity: 'error',
      component: 'log',
      message,
      context: { next: 'it is tried again; look at the disk of this machine with "df"' },
    };
  }

  onSuccess(key: string): void {
    this.#sentences.delete(key);
  }
}
