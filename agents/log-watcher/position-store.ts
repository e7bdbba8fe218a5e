/**
 * The positions of all files, and the only way to store them: in one transaction with the records of the lines they
 * cover. So whenever the process is killed, what is stored says of each line that it was recorded or that it is still to
 * be read, never both and never neither.
 *
 * P1  `commit` changes the memory only when the transaction was stored.
 * P2  When the answer to a commit was lost, the stored revision is read back (at once, or by `settle` before anything is
 *     read again): it tells whether the commit happened.
 * P3  What `put`, `remove` and `advance` change is only in memory until the shard is stored for another reason or by
 *     `flush`; after a crash it is found again by looking at the files.
 */
import { toMeshError } from '../../common/core/errors.js';
import type { Mesh, NewRecord } from '../sdk/mesh.js';
import { fitsShard, type Position, packShard, SHARDS, shardOf, unpackShard } from './position.js';

interface Shard {
  readonly name: string;
  positions: Map<string, Position>;
  /** Of the last attempt to store it. */
  revision: number;
  /** Changed in memory only, in a way that is worth a transaction of its own. */
  isDirty: boolean;
  /** Bytes read, since it was stored, that made no record. */
  unstoredBytes: number;
  /** An attempt whose answer was lost. */
  unsettled: Map<string, Position> | undefined;
}

/** So much may be read again after a crash; no record comes of it. */
const UNSTORED_BYTES_MAX = 4 * 1_024 * 1_024;

export class PositionStore {
  readonly #shards: readonly Shard[] = Array.from({ length: SHARDS }, (_, index) => ({
    name: `positions.${index}`,
    positions: new Map(),
    revision: 0,
    isDirty: false,
    unstoredBytes: 0,
    unsettled: undefined,
  }));

  constructor(private readonly mesh: Pick<Mesh, 'emitBatch' | 'checkpoint'>) {}

  async load(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => this.#read(shard)));
  }

  /** To be called before files are read again after a failure. @throws when it cannot be told now what was stored */
  async settle(): Promise<void> {
    for (const shard of this.#shards) await this.#settle(shard);
  }

  all(): Position[] {
    return this.#shards.flatMap(({ positions }) => [...positions.values()]);
  }

  get size(): number {
    return this.#shards.reduce((sum, { positions }) => sum + positions.size, 0);
  }

  get(key: string): Position | undefined {
    return this.#shardOf(key).positions.get(key);
  }

  hasRoomFor(key: string, file: string): boolean {
    return fitsShard(this.#shardOf(key).positions.values(), file);
  }

  /** A file that is followed from now on, or whose content has changed. */
  put(position: Position): void {
    const shard = this.#shardOf(position.key);
    shard.positions.set(position.key, position);
    shard.isDirty = true;
  }

  remove(key: string): void {
    const shard = this.#shardOf(key);
    if (shard.positions.delete(key)) shard.isDirty = true;
  }

  /** Read on without a record. */
  advance(position: Position): void {
    const shard = this.#shardOf(position.key);
    shard.unstoredBytes += position.offset - (shard.positions.get(position.key)?.offset ?? 0);
    shard.positions.set(position.key, position);
  }

  /** The records, and the position behind their lines. @throws what the journal refused with; then nothing has changed */
  async commit(records: readonly NewRecord[], position: Position): Promise<void> {
    const shard = this.#shardOf(position.key);
    await this.#store(shard, records, new Map(shard.positions).set(position.key, position));
  }

  /** The last records of a file that is gone. */
  async commitLast(records: readonly NewRecord[], key: string): Promise<void> {
    const shard = this.#shardOf(key);
    const positions = new Map(shard.positions);
    positions.delete(key);
    await this.#store(shard, records, positions);
  }

  /** Stores what is only in memory: changes of the set of files, and reading that has come far; or everything. */
  async flush(isEverything = false): Promise<void> {
    for (const shard of this.#shards) {
      const isFar = shard.unstoredBytes > (isEverything ? 0 : UNSTORED_BYTES_MAX);
      if (!shard.isDirty && !isFar) continue;
      await this.#store(shard, [], shard.positions);
    }
  }

  async #store(shard: Shard, records: readonly NewRecord[], positions: Map<string, Position>): Promise<void> {
    if (shard.unsettled !== undefined) throw new Error(`${shard.name} is written before it is settled`);
    shard.revision++;
    const value = packShard({ revision: shard.revision, positions: [...positions.values()] });
    try {
      await this.mesh.emitBatch(records, { name: shard.name, value });
    } catch (error) {
      shard.unsettled = positions;
      if (await this.#settle(shard)) return;
      throw error;
    }
    this.#onStored(shard, positions);
  }

  /** @returns whether there was an attempt in doubt and it had been stored. @throws when that cannot be told now */
  async #settle(shard: Shard): Promise<boolean> {
    if (shard.unsettled === undefined) return false;
    const value = await this.mesh.checkpoint(shard.name);
    const wasStored = value !== undefined && unpackShard(value, shard.name).revision === shard.revision;
    if (wasStored) this.#onStored(shard, shard.unsettled);
    shard.unsettled = undefined;
    return wasStored;
  }

  #onStored(shard: Shard, positions: Map<string, Position>): void {
    shard.positions = positions;
    shard.isDirty = false;
    shard.unstoredBytes = 0;
  }

  async #read(shard: Shard): Promise<void> {
    const value = await this.mesh.checkpoint(shard.name);
    if (value === undefined) return;
    const { revision, positions } = unpackShard(value, shard.name);
    shard.revision = revision;
    shard.positions = new Map(positions.map((position) => [position.key, position]));
  }

  #shardOf(key: string): Shard {
    const shard = this.#shards[shardOf(key)];
    if (shard === undefined) throw new Error(`no shard for ${key}`);
    return shard;
  }
}

/** Whether to try the same again later. What would be refused again and again ends the agent instead, visibly. */
export function isPassing(error: unknown): boolean {
  const { retryable, code } = toMeshError(error);
  return retryable || code === 'TIMED_OUT' || code === 'CONNECTION_LOST';
}
