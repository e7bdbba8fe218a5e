/**
 * MessagePack, the way this mesh speaks it: the only importer of msgpackr.
 *
 * Bytes from a peer are hostile until they are decoded. Plain values, which nearly all are, are read and checked in one go
 * (plain-reader.ts). Of anything else the shape is checked first (frame-shape.ts), so that nothing msgpackr could be tricked
 * with reaches it: records that compile key readers, cycles, depth, lengths that lie. 64-bit integers beyond 2^53 stay exact
 * as bigint instead of being rounded. Decoding either returns plain data (with binary as views into the bytes, and timestamps
 * as Date) or throws BAD_FRAME.
 */
import { addExtension, Packr } from 'msgpackr/pack';
import { type Options, Unpackr } from 'msgpackr/unpack';
import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { shapeFaultOf } from './frame-shape.js';
import { PlainReader } from './plain-reader.js';

/** Classes msgpackr would turn into an extension that our peers refuse: better to fail here, where the mistake is. */
const REFUSED_CLASSES: readonly (readonly [new (...args: never[]) => unknown, number])[] = [
  [Set, 0x73],
  [Error, 0x65],
  [RegExp, 0x78],
];

for (const [Class, type] of REFUSED_CLASSES) {
  addExtension({
    Class,
    type,
    pack: () => {
      throw new Error(`a ${Class.name} has no MessagePack form`);
    },
  });
}

const options: Options = {
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
};
// `auto` (a number where it is exact, else a bigint) is missing from msgpackr's types, not from msgpackr.
Object.assign(options, { int64AsType: 'auto' });
const packr = new Packr(options);
const unpackr = new Unpackr(options);
const plainReader = new PlainReader();

/**
 * One value as MessagePack. The buffer is fresh: it may be sent without a copy.
 * @throws MeshError INVALID_INPUT when the value cannot be encoded (a Set, a symbol, a cycle).
 */
export function encode(value: unknown): Buffer {
  let bytes: Buffer;
  try {
    bytes = packr.pack(value);
  } catch (error) {
    throw notEncodable(messageOf(error));
  }
  // What a peer would refuse is refused here, where the mistake is, and before it spoils the frame it would share.
  const fault = shapeFaultOf(bytes, 1, ENVELOPE_RESERVE);
  if (fault !== undefined) throw notEncodable(fault);
  return bytes;
}

/** The one value in `bytes`. @throws MeshError BAD_FRAME */
export function decode(bytes: Uint8Array): unknown {
  const plain = plainReader.readAll(bytes, 1);
  if (plain !== undefined) return plain[0];
  assertShape(bytes, 1);
  try {
    return unpackr.unpack(bytes);
  } catch (error) {
    throw badFrame(messageOf(error));
  }
}

/** All values that stand back to back in `bytes`. @throws MeshError BAD_FRAME; then none of them is to be trusted. */
export function decodeAll(bytes: Uint8Array): unknown[] {
  const plain = plainReader.readAll(bytes, limits.frameEnvelopesMax);
  if (plain !== undefined) return plain;
  assertShape(bytes, limits.frameEnvelopesMax);
  if (bytes.length >= LARGE_FRAME_BYTES) accelerate();
  const values: unknown[] = [];
  try {
    unpackr.unpackMultiple(bytes, (value: unknown) => {
      values.push(value);
    });
  } catch (error) {
    throw badFrame(messageOf(error));
  }
  return values;
}

let accelerated = false;

/**
 * The package as a whole brings native code that reads the strings of a large frame in half the time, and that costs every
 * process that loads it 5 MB and 10 ms. So it is loaded by whoever gets large frames: from then on it serves this module,
 * which has the same reader in its hands.
 */
function accelerate(): void {
  if (accelerated) return;
  accelerated = true;
  // It is optional where the platform has none, and so it is here.
  import('msgpackr').catch(() => undefined);
}

function assertShape(bytes: Uint8Array, valuesMax: number): void {
  const fault = shapeFaultOf(bytes, valuesMax);
  if (fault !== undefined) throw badFrame(fault);
}

/** What a process with little to do never gets: dozens of envelopes in one turn. */
const LARGE_FRAME_BYTES = 16 * 1_024;
/** Levels and items of the envelope that will be put around a value. */
const ENVELOPE_RESERVE = 8;

const notEncodable = (fault: string) =>
  new MeshError('INVALID_INPUT', `the value cannot be encoded as MessagePack: ${fault}`);

const badFrame = (fault: string) =>
  new MeshError('BAD_FRAME', `malformed MessagePack: ${fault}`, { hint: 'see docs/PROTOCOL.md, "Frames"' });
