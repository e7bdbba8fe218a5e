/**
 * Files and folders whose changes are told in batches: what an editor, a build or a checkout writes together comes
 * together, when it has been quiet for a moment. The only importer of chokidar.
 */
import { watch } from 'chokidar';
import { systemClock } from '../../common/core/clock.js';

export interface FileWatchOptions {
  readonly roots: readonly string[];
  readonly ignores: (path: string) => boolean;
  /** Changed, new and removed files. The next batch waits until this has ended. Must not reject. */
  readonly onBatch: (paths: readonly string[]) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export interface FileWatch {
  /** Idempotent; a batch that is being handled is not waited for. */
  close(): Promise<void>;
}

/** Nothing more was written for this long, … */
const QUIET_MS = 200;
/** … or something was written all this time. */
const BATCH_MS_MAX = 2_000;

/** Resolves when changes are seen from now on. */
export async function watchFiles(options: FileWatchOptions): Promise<FileWatch> {
  const batches = new Batches(options.onBatch);
  const watcher = watch([...options.roots], { ignoreInitial: true, ignored: (path) => options.ignores(path) });
  watcher.on('error', options.onError);
  watcher.on('all', (event, path) => {
    if (event === 'add' || event === 'change' || event === 'unlink') batches.add(path);
  });
  await new Promise<void>((resolve) => {
    watcher.once('ready', () => resolve());
  });
  return {
    close: () => {
      batches.close();
      return watcher.close();
    },
  };
}

class Batches {
  readonly #paths = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;
  #busy = false;
  #closed = false;

  constructor(private readonly onBatch: FileWatchOptions['onBatch']) {}

  add(path: string): void {
    if (this.#closed) return;
    const nowMs = systemClock.monotonicMs();
    if (this.#paths.size === 0) this.#sinceMs = nowMs;
    this.#paths.add(path);
    if (this.#busy) return;
    clearTimeout(this.#timer);
    const leftMs = Math.max(0, this.#sinceMs + BATCH_MS_MAX - nowMs);
    this.#timer = setTimeout(() => void this.#flush(), Math.min(QUIET_MS, leftMs));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    while (this.#paths.size > 0 && !this.#closed) {
      const paths = [...this.#paths];
      this.#paths.clear();
      await this.onBatch(paths);
    }
    this.#busy = false;
  }
}
