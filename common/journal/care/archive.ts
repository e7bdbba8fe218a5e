/**
 * A database file packed into one compressed file, and back. What was packed is on the disk and was unpacked again and
 * compared before `pack` resolves; what is unpacked is on the disk too. Streams: a file of any size takes little memory.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, fsyncSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { MeshError, messageOf } from '../../core/errors.js';

/** Half of the time of the default for a tenth more bytes: records are mostly text and hashes. */
const LEVEL = 3;

/** @throws JOURNAL_FAILED when the archive is not what was packed */
export async function pack(file: string, archive: string): Promise<void> {
  const packed = hashing();
  const source = createReadStream(file);
  source.on('data', packed.add);
  await pipeline(source, createGzip({ level: LEVEL }), createWriteStream(archive));
  syncFile(archive);
  const read = hashing();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      read.add(chunk);
      done();
    },
  });
  await pipeline(createReadStream(archive), createGunzip(), sink);
  if (packed.digest() === read.digest()) return;
  throw new MeshError('JOURNAL_FAILED', `${archive} does not hold what was written into it`, {
    hint: 'Check the disk.',
  });
}

/** @throws JOURNAL_DAMAGED for an archive that is not whole */
export async function unpack(archive: string, file: string): Promise<void> {
  try {
    await pipeline(createReadStream(archive), createGunzip(), createWriteStream(file));
  } catch (thrown) {
    if (!/^Z_/.test(String(codeOf(thrown)))) throw thrown;
    throw new MeshError('JOURNAL_DAMAGED', `${archive} is damaged: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: 'Take another backup: `mesh journal backups` lists them.',
    });
  }
  syncFile(file);
}

/** A file or a folder, to the disk. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hashing(): { readonly add: (chunk: string | Buffer) => void; readonly digest: () => string } {
  const hash = createHash('sha256');
  return { add: (chunk) => void hash.update(chunk), digest: () => hash.digest('hex') };
}

const codeOf = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
