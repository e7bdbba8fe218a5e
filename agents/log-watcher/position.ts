/**
 * How far a file was read, in a form that outlives the process and the file's name. Pure.
 *
 * A file is known by device and inode, so a rename does not matter. A number that was given to another file, or a file
 * that was truncated and written again, shows by its head: the hash of the first bytes (up to `HEAD_BYTES_MAX`) that were
 * read. Two contents that begin with the same bytes and are both longer than what was read cannot be told apart.
 */
import { createHash } from 'node:crypto';
import { limits } from '../../common/core/limits.js';
import { compile } from '../../common/protocol/schema.js';
import { Type } from '../../common/protocol/type.js';
import type { LineCursor } from './line-splitter.js';

export const HEAD_BYTES_MAX = 1_024;
/** Positions lie in this many checkpoints, so that a thousand files fit and one line does not rewrite them all. */
export const SHARDS = 64;
export const PATH_BYTES_MAX = 1_024;

export interface Position extends LineCursor {
  /** `device:inode` */
  readonly key: string;
  /** Where it was first seen: what records call it, however it is renamed. */
  readonly file: string;
  readonly headLength: number;
  readonly headHash: string;
}

export const keyOf = ({ dev, ino }: { dev: bigint; ino: bigint }): string => `${dev}:${ino}`;
export const inodeOf = (key: string): string => key.slice(key.indexOf(':') + 1);

/** By inode alone: a device may have another number after a reboot. */
export const shardOf = (key: string): number => Number(BigInt(inodeOf(key)) % BigInt(SHARDS));

/** `bytes` are the first ones of the file, up to HEAD_BYTES_MAX of what was read. */
export const hashOfHead = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64url').slice(0, 22); // 132 bits

/** The checkpoint of one shard. `revision` tells which attempt to store it was the last to succeed. */
export interface StoredShard {
  readonly revision: number;
  readonly positions: readonly Position[];
}

const Natural = Type.Integer({ minimum: 0 });
const Shard = Type.Object(
  {
    revision: Natural,
    files: Type.Array(
      Type.Tuple([
        Type.String({ pattern: '^[0-9]+:[0-9]+$', maxLength: 64 }),
        Type.String({ maxLength: PATH_BYTES_MAX }),
        Natural,
        Type.Boolean(),
        Type.Integer({ minimum: 0, maximum: HEAD_BYTES_MAX }),
        Type.String({ maxLength: 22 }),
      ]),
    ),
  },
  { additionalProperties: false },
);
interface ShardValue {
  revision: number;
  files: [key: string, file: string, offset: number, isSkipping: boolean, headLength: number, headHash: string][];
}
const shardValue = compile<ShardValue>(Shard);

/** Lists, not objects: the names of fields would be most of a checkpoint. */
export const packShard = ({ revision, positions }: StoredShard): ShardValue => ({
  revision,
  files: positions.map(({ key, file, offset, isSkipping, headLength, headHash }) => [
    key,
    file,
    offset,
    isSkipping,
    headLength,
    headHash,
  ]),
});

/** @throws INVALID_INPUT when another program wrote it */
export function unpackShard(value: unknown, name: string): StoredShard {
  const { revision, files } = shardValue.assert(value, `checkpoint ${name} of log-watcher`);
  const positions = files.map(([key, file, offset, isSkipping, headLength, headHash]) => ({
    key,
    file,
    offset,
    isSkipping,
    headLength,
    headHash,
  }));
  return { revision, positions };
}

/** More than MessagePack takes for one position. */
const packedBytes = (file: string): number => Buffer.byteLength(file) + 128;

/** Whether one more file fits the checkpoint of its shard. */
export function fitsShard(positions: Iterable<Position>, file: string): boolean {
  let bytes = packedBytes(file);
  for (const position of positions) bytes += packedBytes(position.file);
  return bytes <= limits.checkpointBytesMax - 64;
}
