/**
 * MessagePack, the way this mesh speaks it: the only importer of msgpackr.
 *
 * Bytes from a peer are hostile until they are decoded: records and structured cloning are off (a cyclic graph or a
 * compiled key reader must not come from outside), every extension but the timestamp is refused, and 64-bit integers
 * beyond 2^53 stay exact as bigint instead of being rounded. Decoding either returns plain data or throws BAD_FRAME.
 */
import { addExtension, type Options, Packr, Unpackr } from 'msgpackr';
import { MeshError, messageOf } from '../core/errors.js';
import { limits } from '../core/limits.js';

/** Extensions msgpackr would interpret by itself: records, typed references, bundled strings, typed arrays. */
const REFUSED_EXTENSIONS = [0x42, 0x62, 0x69, 0x70, 0x72, 0x74];
/** Classes msgpackr would turn into an extension that our peers refuse: better to fail here, where the mistake is. */
const REFUSED_CLASSES: readonly (readonly [new (...args: never[]) => unknown, number])[] = [
  [Set, 0x73],
  [Error, 0x65],
  [RegExp, 0x78],
];

function refuseToRead(type: number): never {
  throw new Error(`extension 0x${type.toString(16)} is not part of the protocol`);
}

for (const type of REFUSED_EXTENSIONS) addExtension({ type, unpack: () => refuseToRead(type) });
for (const [Class, type] of REFUSED_CLASSES) {
  addExtension({
    Class,
    type,
    pack: () => {
      throw new Error(`a ${Class.name} has no MessagePack form`);
    },
    unpack: () => refuseToRead(type),
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

/**
 * One value as MessagePack. The buffer is fresh: it may be sent without a copy.
 * @throws MeshError INVALID_OUTPUT when the value cannot be encoded (a Set, a symbol, a cycle).
 */
export function encode(value: unknown): Buffer {
  try {
    return packr.pack(value);
  } catch (error) {
    throw new MeshError('INVALID_OUTPUT', `the value cannot be encoded as MessagePack: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The one value in `bytes`. @throws MeshError BAD_FRAME */
export function decode(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch (error) {
    throw badFrame(error);
  }
}

/** All values that stand back to back in `bytes`. @throws MeshError BAD_FRAME; then none of them is to be trusted. */
export function decodeAll(bytes: Uint8Array): unknown[] {
  const values: unknown[] = [];
  try {
    unpackr.unpackMultiple(bytes, (value: unknown) => {
      if (values.push(value) > limits.frameEnvelopesMax)
        throw new Error(`more than ${limits.frameEnvelopesMax} values`);
    });
  } catch (error) {
    throw badFrame(error);
  }
  return values;
}

const badFrame = (error: unknown) =>
  new MeshError('BAD_FRAME', `malformed MessagePack: ${messageOf(error)}`, {
    hint: 'see docs/PROTOCOL.md, "Frames"',
    cause: error,
  });
