/**
 * A store on a disk that may be full. While it is sound everything is passed on. When the disk is full the reserve is given
 * up, and from then on only what is essential (what the mesh has to say of itself, checkpoints, acknowledgements) is still
 * written, into that room; the rest is refused at once, with the reason, and nobody is told that it was stored. As soon as
 * there is room for the reserve again it is taken back, and everything goes on: by itself, without opening anything anew.
 */
import { MeshError } from '../../core/errors.js';
import { DiskReserve } from './disk-reserve.js';
import { type Outcome, refused, succeeded } from './outcome.js';
import { checkpointStore } from './store-probe.js';

export class DiskGuard {
  #isTight = false;

  /** @param file the store */
  constructor(
    private readonly file: string,
    private readonly reserve: Pick<DiskReserve, 'take' | 'release'> = new DiskReserve(file),
  ) {}

  /** Opens the store; a disk that is full already gives up the reserve of an earlier opening for that. */
  open<T>(open: () => T): T {
    const opened = this.#tryTwice(open);
    this.#recovers();
    return opened;
  }

  /** One write. @throws JOURNAL_FAILED without having tried, when the disk is full and it is not essential */
  run<T>(isEssential: boolean, work: () => T): T {
    const [outcome] = this.group(
      [work],
      () => isEssential,
      (works) => works.map((one) => succeeded(one())),
    );
    if (outcome === undefined) throw this.#refusal();
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  /** A group of writes that share a commit. Throws when nothing of it was stored. */
  group<R, T>(
    requests: readonly R[],
    isEssential: (request: R) => boolean,
    store: (requests: readonly R[]) => Outcome<T>[],
  ): Outcome<T>[] {
    if (!this.#isTight || this.#recovers()) {
      try {
        return store(requests);
      } catch (thrown) {
        if (!isFull(thrown)) throw thrown;
        this.#giveUp();
      }
    }
    return this.#essentialOf(requests, isEssential, store);
  }

  #essentialOf<R, T>(
    requests: readonly R[],
    isEssential: (request: R) => boolean,
    store: (requests: readonly R[]) => Outcome<T>[],
  ): Outcome<T>[] {
    const essential = requests.filter(isEssential);
    const refusal = refused(this.#refusal());
    if (essential.length === 0) return requests.map(() => refusal);
    const outcomes = store(essential);
    this.#checkpoint();
    return requests.map((request) => outcomes[essential.indexOf(request)] ?? refusal);
  }

  #tryTwice<T>(open: () => T): T {
    try {
      return open();
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown;
      this.#giveUp();
      return open();
    }
  }

  #recovers(): boolean {
    this.#isTight = !this.reserve.take();
    return !this.#isTight;
  }

  #giveUp(): void {
    this.#isTight = true;
    this.reserve.release();
    this.#checkpoint();
  }

  #checkpoint(): void {
    try {
      checkpointStore(this.file);
    } catch {
      // No room for that either: the log stays as it is, complete.
    }
  }

  #refusal(): MeshError {
    const { file } = this;
    return new MeshError('JOURNAL_FAILED', `${file} takes no records: its disk is full`, {
      hint: 'Free space on its disk; writing goes on by itself.',
      details: { file, cause: 'SQLITE_FULL' },
    });
  }
}

/** SQLite writes into the shared memory of its log as well, which can fail for the same reason. */
const isFull = (thrown: unknown): boolean =>
  thrown instanceof MeshError &&
  thrown.code === 'JOURNAL_FAILED' &&
  /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC)/.test(String(thrown.details?.['cause'] ?? ''));
