/**
 * Who wants the command to end before it is done: Ctrl-C and its relatives, or a reader that has gone (`| head -1`). The
 * first word aborts the signal; further ones are told to whoever listens.
 */
import { errorTable } from '../../common/core/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interruption {
  readonly #controller = new AbortController();
  readonly #again: (() => void)[] = [];
  #by: 'signal' | 'reader' | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  listen(source: NodeJS.Process): void {
    for (const name of SIGNALS) source.on(name, () => this.interrupt('signal'));
    // A terminal that was closed answers with EIO, a pipe with EPIPE: either way nobody reads.
    source.stdout.on('error', () => this.interrupt('reader'));
    source.stderr.on('error', () => this.interrupt('reader'));
  }

  interrupt(by: 'signal' | 'reader'): void {
    if (this.#by === undefined) {
      this.#by = by;
      this.#controller.abort();
    } else if (by === 'signal') for (const callback of this.#again) callback();
  }

  onAgain(callback: () => void): void {
    this.#again.push(callback);
  }

  /** Resolves when the signal is aborted. */
  happens(): Promise<undefined> {
    return new Promise((resolve) => {
      if (this.signal.aborted) resolve(undefined);
      else this.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
  }

  /** What a command ends with that was interrupted; a reader that left is no failure of ours. */
  get exitCode(): number | undefined {
    if (this.#by === undefined) return undefined;
    return this.#by === 'reader' ? 0 : errorTable.INTERRUPTED.exitCode;
  }
}
