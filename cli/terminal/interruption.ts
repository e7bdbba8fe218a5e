/**
 * Who wants the command to end before it is done: Ctrl-C and its relatives, or a reader that has gone (`| head -1`). The
 * first word aborts the signal; further ones are told to whoever listens.
 *
 * Output that cannot be written for another reason (a full disk) ends what only writes, and is its failure; it aborts
 * nothing: a fleet that is held in the foreground does not go down because nobody can note down how it is.
 */
import { errorTable, systemCodeOf } from '../../common/core/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interruption {
  readonly #controller = new AbortController();
  readonly #again: (() => void)[] = [];
  #by: 'signal' | 'reader' | undefined;
  #outputFailure: Error | undefined;
  #onOutputFailure: () => void = () => undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  listen(source: NodeJS.Process): void {
    for (const name of SIGNALS) source.on(name, () => this.interrupt('signal'));
    source.stdout.on('error', (error) => this.#onOutputError(error));
    source.stderr.on('error', (error) => {
      if (hasNoReader(error)) this.interrupt('reader');
    });
  }

  /** Why what belongs to standard output is not there. */
  get outputFailure(): Error | undefined {
    return this.#outputFailure;
  }

  #onOutputError(error: Error): void {
    if (hasNoReader(error)) return this.interrupt('reader');
    this.#outputFailure ??= error;
    this.#onOutputFailure();
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

  /** Resolves when the signal is aborted; so it is, for who asks this, when the output cannot be written. */
  happens(): Promise<undefined> {
    this.#onOutputFailure = () => this.#controller.abort();
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

/** A terminal that was closed answers with EIO, a pipe with EPIPE. */
const hasNoReader = (error: Error): boolean => ['EIO', 'EPIPE'].includes(systemCodeOf(error) ?? '');
