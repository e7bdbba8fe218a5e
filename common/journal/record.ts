/**
 * A durable record and the hash chain that vouches for it. Pure.
 *
 * hash(0) = sha256("agent-mesh journal " + journalId)
 * hash(n) = sha256(hash(n-1) ‖ u64 seq ‖ u64 ts ‖ u64 epoch ‖ u32 length, stream ‖ u32 length, agent ‖ u32 length, body)
 *           and, where a record has a mark, behind the body: ‖ u32 length, trace ‖ u32 length, ref
 *           and, where one of them is a key, behind these: ‖ u32 length, key
 *
 * All integers are big-endian, texts are UTF-8. So a hash covers its record and everything before it: two stores that
 * agree on (journal id, seq, hash) hold the same history up to there.
 */
import { hash } from 'node:crypto';
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';

export const HASH_BYTES = 32;
const FIXED_BYTES = HASH_BYTES + 3 * 8 + 6 * 4;

/** What an emitter seals; the journal stores the body as it is and never looks inside. */
export interface NewRecord {
  readonly stream: string;
  readonly tsMs: number;
  readonly agent: string;
  readonly epoch: number;
  /** Empty where `ref` says where the body is. */
  readonly body: Uint8Array;
  /** The trace id of the call in which it was emitted: 32 hex digits, or empty. */
  readonly trace: string;
  /** `<sha256 in hex>/<bytes>` of a body that is a file on the machine that emitted it, or empty. */
  readonly ref: string;
  /** What it is about, in the words of its emitter (the number of an order), or empty. */
  readonly key: string;
}

export interface ChainedRecord extends NewRecord {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export interface RecordEntry extends ChainedRecord {
  readonly kind: 'record';
}

/** A place in a chain whose record is lost. The chain goes on from `hash`; null means that nobody knows it any more. */
export interface Hole {
  readonly kind: 'hole';
  readonly seq: number;
  readonly hash: Uint8Array | null;
  readonly reason: string;
}

/** What travels from a journal to the log: every seq is there, as its record or as a hole that says why not. */
export type ChainEntry = RecordEntry | Hole;

/** A place in a chain: the last entry that is known, and its hash where that is known. */
export interface ChainPoint {
  readonly seq: number;
  readonly hash: Uint8Array | null;
}

/** A record without marks: its body is in it, and it belongs to no call. */
export const recordOf = (stream: string, tsMs: number, agent: string, epoch: number, body: Uint8Array): NewRecord => ({
  stream,
  tsMs,
  agent,
  epoch,
  body,
  trace: '',
  ref: '',
  key: '',
});

/** Reused by every call, because the hash is taken before the next one writes: an allocation each would cost a third. */
let scratch = Buffer.allocUnsafe(8 * 1024);
let numbers = viewOf(scratch);
/** What was hashed last: the next record is often as long. */
let sealed = scratch.subarray(0, 0);
/** Where in it which names are written: those of the next record are mostly the same, and stand there already. */
let names = { at: 0, end: 0, stream: '', agent: '' };

function growScratch(byteLength: number): void {
  scratch = Buffer.allocUnsafe(byteLength);
  numbers = viewOf(scratch);
  sealed = scratch.subarray(0, 0);
  names = { at: 0, end: 0, stream: '', agent: '' };
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Where hashes lie side by side: a buffer for each would cost more than to compute it. */
let slab = Buffer.alloc(0);
let slabAt = 0;
/** What a thread keeps of one hash, or another thread is sent with it, is at most this. */
const SLAB_BYTES = 64 * HASH_BYTES;

function sha256(bytes: Uint8Array): Uint8Array {
  if (slabAt === slab.byteLength) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabAt = 0;
  }
  const at = slabAt;
  slabAt += slab.write(hash('sha256', bytes, 'binary'), at, 'latin1');
  return slab.subarray(at, slabAt);
}

export const genesisHash = (journalId: string): Uint8Array =>
  hash('sha256', Buffer.from(`agent-mesh journal ${journalId}`, 'utf8'), 'buffer');

/** The hash of `record` as number `seq` of the chain whose previous hash is `previous`. */
export function chainHash(previous: Uint8Array, seq: number, record: NewRecord): Uint8Array {
  // A UTF-16 unit takes three bytes at most in UTF-8.
  const { stream, agent, trace, ref, key } = record;
  const textLength = stream.length + agent.length + trace.length + ref.length + key.length;
  const bytesMax = FIXED_BYTES + 3 * textLength + record.body.byteLength;
  if (scratch.byteLength < bytesMax) growScratch(2 * bytesMax);
  scratch.set(previous, 0);
  let at = writeUint64(seq, previous.byteLength);
  at = writeUint64(record.tsMs, at);
  at = writeUint64(record.epoch, at);
  at = writeNames(stream, agent, at);
  numbers.setUint32(at, record.body.byteLength);
  at += 4;
  scratch.set(record.body, at);
  at += record.body.byteLength;
  // A record without marks hashes as it did before there were any, so chains of old files go on.
  if (trace !== '' || ref !== '' || key !== '') at = writeText(ref, writeText(trace, at));
  if (key !== '') at = writeText(key, at);
  if (sealed.byteLength !== at) sealed = scratch.subarray(0, at);
  return sha256(sealed);
}

function writeUint64(value: number, at: number): number {
  numbers.setUint32(at, Math.floor(value / 2 ** 32));
  numbers.setUint32(at + 4, value % 2 ** 32);
  return at + 8;
}

function writeNames(stream: string, agent: string, at: number): number {
  if (at !== names.at || stream !== names.stream || agent !== names.agent)
    names = { at, end: writeText(agent, writeText(stream, at)), stream, agent };
  return names.end;
}

function writeText(text: string, at: number): number {
  const byteLength = scratch.write(text, at + 4, 'utf8');
  numbers.setUint32(at, byteLength);
  return at + 4 + byteLength;
}

const NO_HASH = new Uint8Array(HASH_BYTES);
/** What is the same in a record that is emitted again: not when, by whom and in which call. */
export const contentHash = (record: NewRecord): Uint8Array =>
  chainHash(NO_HASH, 0, { ...record, tsMs: 0, agent: '', epoch: 0, trace: '' });

export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** A digest over the columns of a row that belongs to no chain, so that a flipped bit in it is seen as well. */
export function rowDigest(columns: readonly (string | number | Uint8Array | null)[]): Uint8Array {
  const text = JSON.stringify(
    columns.map((column) => (column instanceof Uint8Array ? Buffer.from(column).toString('hex') : column)),
  );
  return hash('sha256', Buffer.from(text, 'utf8'), 'buffer');
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
/** Only what SQLite is sure to give back byte for byte; the grammar of names belongs to the protocol. */
const isPlainText = (text: string): boolean => /^[\x20-\x7e]*$/.test(text) && text.length <= limits.topicLengthMax;

const isTrace = (text: string): boolean => text === '' || /^[0-9a-f]{32}$/.test(text);
/** SQLite gives back any text but half a surrogate pair; control characters only confuse whoever reads it. */
/** Of a key that a record has, for whatever. */
export const isRecordKey = (text: string): boolean =>
  text.length <= limits.recordKeyLengthMax && /^[^\p{Cc}\p{Cs}]+$/u.test(text);
const isRef = (text: string): boolean => text === '' || /^[0-9a-f]{64}\/[1-9][0-9]{0,14}$/.test(text);

/** Why `record` cannot be stored, or undefined. A store refuses only what it could not give back unchanged. */
export function refusalOf(record: NewRecord): MeshError | undefined {
  if (record.body.byteLength > limits.recordBodyBytesMax) {
    return new MeshError(
      'TOO_LARGE',
      `a record of ${record.body.byteLength} bytes is larger than ${limits.recordBodyBytesMax}`,
      {
        hint: 'Store the bytes elsewhere and emit a reference to them.',
      },
    );
  }
  const isSound =
    record.body instanceof Uint8Array &&
    record.stream !== '' &&
    isPlainText(record.stream) &&
    isPlainText(record.agent) &&
    isCount(record.tsMs) &&
    isCount(record.epoch) &&
    isTrace(record.trace) &&
    isRef(record.ref) &&
    (record.key === '' || isRecordKey(record.key)) &&
    (record.ref === '' || record.body.byteLength === 0);
  return isSound
    ? undefined
    : new MeshError(
        'INVALID_INPUT',
        `a record of stream '${record.stream}' has a name, a number or a mark that cannot be stored`,
        {
          hint: 'Names are printable ASCII; tsMs and epoch are whole numbers, not negative; a record with a reference has no body.',
        },
      );
}
