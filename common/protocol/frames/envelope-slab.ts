/**
 * Encodes envelopes, and items of them, one behind the other into pieces of memory that many share. Envelopes that leave
 * together then often are a frame already, which nobody has to join (`joined`), and most cost neither a buffer nor a check of
 * their own.
 *
 * What was encoded is never written to again: it may be sent without a copy. What is not plain goes through the codec.
 */
import { encode } from './codec.js';
import { PlainWriter } from './plain-writer.js';

let writer = new PlainWriter(0);
let isWriting = false;

/** @throws MeshError INVALID_INPUT when the value cannot be encoded */
export function encodeShared(value: unknown): Buffer {
  // A getter of the value may make a request itself.
  if (isWriting) return encode(value);
  if (writer.length === 0 || writer.length > SLAB_BYTES - ROOM_BYTES) writer = new PlainWriter(SLAB_BYTES);
  const start = writer.length;
  isWriting = true;
  try {
    if (writer.write(value)) return written(start);
  } finally {
    isWriting = false;
  }
  return encode(value);
}

/** A piece that grew for something large goes with it: kept, it would hold that memory until the next is encoded. */
function written(start: number): Buffer {
  const bytes = writer.since(start);
  if (writer.length > SLAB_BYTES) writer = new PlainWriter(0);
  return bytes;
}

/** All of them as one; without a copy where they stand one behind the other. */
export function joined(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return EMPTY;
  if (parts.length === 1) return first;
  let end = first.byteOffset;
  for (const part of parts) {
    if (part.byteOffset !== end || part.buffer !== first.buffer) return Buffer.concat(parts);
    end += part.length;
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}

const EMPTY = Buffer.alloc(0);
/** Some hundred small envelopes. One that is out holds the piece that it stands in. */
const SLAB_BYTES = 32 * 1_024;
/** What usually is enough for one more: beyond the end, a piece of twice the size is taken. */
const ROOM_BYTES = 2 * 1_024;
