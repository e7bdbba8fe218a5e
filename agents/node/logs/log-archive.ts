/**
 * Compressed history that can be read from any place: a gzip file (`zcat` reads it) of one member for each block, and
 * each member says in its header how long it is. So a page out of the middle costs the inflation of one block.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRawSync } from 'node:zlib';
import { limits } from '../../../common/core/limits.js';

const BLOCK_BYTES = limits.logChunkBytesMax;
const HEADER_BYTES = 20;
const TRAILER_BYTES = 8;
/** Deflate, with one extra field of 8 bytes: "AM", 4 bytes long, the length of the member. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 8, 0, 0x41, 0x4d, 4, 0, 0, 0, 0, 0]);
const LENGTH_AT = 16;
/** Between the speed of 1 and the size of 6: logs are compressed while the machine works. */
const LEVEL = 4;

const deflateRawOnPool: (bytes: Buffer, options: { level: number }) => Promise<Buffer> = promisify(deflateRaw);

/** Writes `path` compressed to `target`, a block at a time and off this thread. @returns the bytes of `target` */
export async function writeArchive(path: string, target: string, signal: AbortSignal): Promise<number> {
  const from = await open(path, 'r');
  try {
    const to = await open(target, 'w', 0o640);
    try {
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      let sizeBytes = 0;
      for (let at = 0; ; ) {
        signal.throwIfAborted();
        const { bytesRead } = await from.read(block, 0, BLOCK_BYTES, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        const member = await memberOf(block.subarray(0, bytesRead));
        await to.writeFile(member);
        sizeBytes += member.length;
      }
      await to.datasync(); // the original is deleted for it
      return sizeBytes;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Where the block that holds the byte at `offset` of the content begins. */
export const blockOf = (offset: number): number => offset - (offset % BLOCK_BYTES);

/** Up to `length` bytes of the content from `offset` on: what the block there holds. @throws when it is damaged */
export function readArchive(path: string, offset: number, length: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    let memberAt = 0;
    let contentAt = 0;
    for (;;) {
      const memberBytes = lengthOfMember(readExactly(fd, memberAt, HEADER_BYTES), path);
      if (contentAt + BLOCK_BYTES > offset) {
        const block = contentOf(readExactly(fd, memberAt, memberBytes), path);
        return block.subarray(offset - contentAt, offset - contentAt + length);
      }
      memberAt += memberBytes;
      contentAt += BLOCK_BYTES;
    }
  } finally {
    closeSync(fd);
  }
}

async function memberOf(content: Buffer): Promise<Buffer> {
  const body = await deflateRawOnPool(content, { level: LEVEL });
  const member = Buffer.concat([HEADER, body, Buffer.alloc(TRAILER_BYTES)]);
  member.writeUInt32LE(member.length, LENGTH_AT);
  member.writeUInt32LE(crc32(content), member.length - TRAILER_BYTES);
  member.writeUInt32LE(content.length, member.length - 4);
  return member;
}

function lengthOfMember(header: Buffer, path: string): number {
  const length = header.readUInt32LE(LENGTH_AT);
  const isOurs = header.subarray(0, LENGTH_AT).equals(HEADER.subarray(0, LENGTH_AT));
  // Deflate never makes a block much larger than it was.
  if (isOurs && length > HEADER_BYTES + TRAILER_BYTES && length < 2 * BLOCK_BYTES) return length;
  throw new Error(`${path} is damaged: a block has no header`);
}

function contentOf(member: Buffer, path: string): Buffer {
  const body = member.subarray(HEADER_BYTES, member.length - TRAILER_BYTES);
  const content = inflateRawSync(body, { maxOutputLength: BLOCK_BYTES });
  if (crc32(content) === member.readUInt32LE(member.length - TRAILER_BYTES)) return content;
  throw new Error(`${path} is damaged: a block has another checksum`);
}

function readExactly(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(fd, bytes, 0, length, at) === length) return bytes;
  throw new Error('it is shorter than it should be');
}
