/**
 * The bodies of a machine as its node keeps them: taken in chunks, given in chunks, bounded in size each and in sum.
 *
 * B1. An upload belongs to who sends it: what one agent sends under a hash does not disturb another's.
 * B2. Each answer says how much is there, and a chunk that is not the next one changes nothing: so a lost answer or a chunk
 *     that comes twice does no harm.
 * B3. A body that is there already is read and held against its hash before anybody is told so.
 * B4. Bounded: uploads at once, each for a time without a word, and bytes in all; beyond that QUEUE_FULL, and the sender
 *     tries again.
 */
import type { Clock } from '../../core/clock.js';
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { storeError } from '../sqlite/sqlite-error.js';
import { type BodyFile, BodyFiles, type IncomingBody } from './body-files.js';

export interface BodyChunk extends BodyFile {
  readonly agent: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A body on its way in. */
interface Upload {
  readonly size: number;
  readonly incoming: IncomingBody;
  heardMs: number;
}

const SHELVES = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

export class BodyStore {
  readonly files: BodyFiles;
  readonly counters = { bodiesStored: 0, bodiesRemoved: 0 };
  readonly #uploads = new Map<string, Upload>();
  /** What is done for a body of one sender: one thing after the other. */
  readonly #turns = new Map<string, Promise<void>>();
  /** Of what is stored. */
  #bytes = 0;
  /** Of uploads that are just begun. */
  #reserved = 0;
  #beginning = 0;

  constructor(
    folder: string,
    private readonly clock: Clock,
    private readonly bytesMax: number = limits.bodiesBytesMax,
  ) {
    this.files = new BodyFiles(folder);
  }

  get figures(): { readonly bodyBytes: number; readonly bodyUploads: number } {
    return { bodyBytes: this.#bytes, bodyUploads: this.#uploads.size };
  }

  /** @throws JOURNAL_FAILED */
  async open(): Promise<void> {
    this.files.open();
    for (const shelf of SHELVES) for (const { size } of await this.files.list(shelf)) this.#bytes += size;
  }

  /** Answers how much of the body is there. @throws QUEUE_FULL, INVALID_INPUT, JOURNAL_FAILED */
  async put(chunk: BodyChunk): Promise<{ held: number }> {
    await this.#dropIdle();
    const key = `${chunk.agent}/${chunk.hash}`;
    const answer = (this.#turns.get(key) ?? Promise.resolve()).then(() => this.#put(key, chunk));
    const turn = answer.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(key, turn);
    try {
      return await answer;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  /** A chunk. @throws NOT_FOUND, JOURNAL_DAMAGED, INVALID_INPUT */
  get({ hash, offset }: { hash: string; offset: number }): Promise<{ size: number; bytes: Uint8Array }> {
    return this.files.read(hash, offset);
  }

  /** What a record is about to refer to must be there, and stay. @throws NOT_FOUND */
  async assertHeld(ref: string): Promise<void> {
    const [hash = '', size] = ref.split('/');
    await this.files.touch(hash, this.clock.wallMs());
    if ((await this.files.sizeOf(hash)) === Number(size)) return;
    throw new MeshError('NOT_FOUND', `the body ${hash.slice(0, 12)}… is not on this machine`, {
      hint: 'Send it with body.put, then the record that refers to it.',
      details: { ref },
    });
  }

  /** Removes a body that nobody refers to, unless it was sent meanwhile. */
  removeIfOlder({ hash, size }: BodyFile, thanWallMs: number): void {
    if (!this.files.removeIfOlder(hash, thanWallMs)) return;
    this.#bytes -= size;
    this.counters.bodiesRemoved++;
  }

  /** What is half sent is forgotten. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#turns.values());
    for (const [key, upload] of this.#uploads) await this.#drop(key, upload);
  }

  async #put(key: string, chunk: BodyChunk): Promise<{ held: number }> {
    const upload = this.#uploads.get(key);
    if (upload === undefined && (await this.files.isWhole(chunk))) {
      await this.files.syncNames(chunk.hash);
      await this.files.touch(chunk.hash, this.clock.wallMs());
      return { held: chunk.size };
    }
    return this.#take(key, upload ?? (await this.#begin(key, chunk.size)), chunk);
  }

  async #begin(key: string, size: number): Promise<Upload> {
    const promised = [...this.#uploads.values()].reduce(
      (sum, upload) => sum + upload.size,
      this.#bytes + this.#reserved,
    );
    if (this.#uploads.size + this.#beginning >= limits.bodyUploadsMax || promised + size > this.bytesMax) {
      throw new MeshError(
        'QUEUE_FULL',
        `there is no room for a body of ${size} bytes: ${promised} are here or on their way`,
        {
          hint: 'Let the retention of streams remove what is not needed any more, see config/streams.yaml.',
          details: { heldBytes: promised, bytesMax: this.bytesMax, uploads: this.#uploads.size },
        },
      );
    }
    const incoming = await this.#reserving(size, () => this.files.begin());
    const upload = { size, incoming, heardMs: this.clock.monotonicMs() };
    this.#uploads.set(key, upload);
    return upload;
  }

  /** Room that is given away before there is an upload to show for it. */
  async #reserving<T>(size: number, work: () => Promise<T>): Promise<T> {
    this.#reserved += size;
    this.#beginning += 1;
    try {
      return await work();
    } finally {
      this.#reserved -= size;
      this.#beginning -= 1;
    }
  }

  async #take(key: string, upload: Upload, { hash, size, offset, bytes }: BodyChunk): Promise<{ held: number }> {
    const { incoming } = upload;
    upload.heardMs = this.clock.monotonicMs();
    if (size !== upload.size || incoming.size + bytes.byteLength > size) {
      await this.#drop(key, upload);
      throw new MeshError('INVALID_INPUT', `a body of ${size} bytes was begun as one of ${upload.size}, or is longer`);
    }
    if (offset !== incoming.size || bytes.byteLength === 0) return { held: incoming.size };
    try {
      await incoming.append(bytes);
      if (incoming.size < size) return { held: incoming.size };
      await this.files.finish(incoming, hash, (replacedBytes) => {
        this.#bytes += size - replacedBytes;
      });
      this.counters.bodiesStored++;
      this.#uploads.delete(key);
      return { held: size };
    } catch (thrown) {
      await this.#drop(key, upload);
      throw thrown instanceof MeshError ? thrown : storeError(thrown, incoming.path);
    }
  }

  async #dropIdle(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    for (const [key, upload] of this.#uploads)
      if (nowMs - upload.heardMs > limits.bodyUploadIdleMs) await this.#drop(key, upload);
  }

  async #drop(key: string, upload: Upload): Promise<void> {
    if (this.#uploads.get(key) === upload) this.#uploads.delete(key);
    await upload.incoming.discard();
  }
}
