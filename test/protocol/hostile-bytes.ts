/** MessagePack that nobody sends by accident, and what must become of it. Bytes are written by hand: no encoder would. */
const MIB = 1024 * 1024;

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const repeated = (count: number, ...values: number[]): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => bytes(...values)));
const str = (text: string): Buffer => Buffer.concat([bytes(0xd9, Buffer.byteLength(text)), Buffer.from(text)]);
const array32 = (count: number): Buffer => {
  const header = bytes(0xdd, 0, 0, 0, 0);
  header.writeUInt32BE(count, 1);
  return header;
};

interface HostileBytes {
  readonly title: string;
  readonly bytes: Buffer;
}

/** Refused with BAD_FRAME; `says` is part of the sentence. */
export const refusedBytes: readonly (HostileBytes & { readonly says: string })[] = [
  { title: 'nothing', bytes: bytes(), says: 'no bytes' },
  {
    title: 'a cyclic graph',
    bytes: Buffer.concat([bytes(0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1)]),
    says: '0xd6',
  },
  { title: 'a pointer to nowhere', bytes: bytes(0xd6, 0x70, 0, 0, 0, 9), says: '0xd6' },
  {
    title: 'a RegExp with catastrophic backtracking',
    bytes: Buffer.concat([bytes(0xc7, 0, 0x78, 0x92), str('(a+)+$'), str('')]),
    says: '0xc7',
  },
  {
    title: 'a RegExp in one byte',
    bytes: Buffer.concat([bytes(0xd4, 0x78, 0, 0x92), str('a'), str('')]),
    says: '0xd4',
  },
  {
    title: 'a record definition, which would compile a reader',
    bytes: Buffer.concat([bytes(0xd4, 0x72, 0x40, 0x91), str('a"]:process.exit()//'), bytes(0x01)]),
    says: '0xd4',
  },
  {
    title: 'a two-byte record definition',
    bytes: Buffer.concat([bytes(0xd5, 0x72, 0x40, 0, 0x91), str('a'), bytes(1)]),
    says: '0xd5',
  },
  { title: 'a Set', bytes: bytes(0xd4, 0x73, 0, 0x91, 1), says: '0xd4' },
  {
    title: 'an Error',
    bytes: Buffer.concat([bytes(0xd4, 0x65, 0, 0x93), str('TypeError'), str('x'), bytes(0xc0)]),
    says: '0xd4',
  },
  { title: 'a typed array', bytes: bytes(0xc7, 3, 0x74, 1, 2, 3), says: '0xc7' },
  { title: 'bundled strings', bytes: bytes(0xd6, 0x62, 0, 0, 0, 0), says: '0xd6' },
  {
    title: 'a BigInt of a thousand digits',
    bytes: Buffer.concat([bytes(0xc8, 1, 0xa0, 0x42), Buffer.alloc(416, 7)]),
    says: '0xc8',
  },
  { title: 'an extension nobody knows', bytes: bytes(0xd4, 0x11, 0), says: '0xd4' },
  { title: 'an undefined of another implementation', bytes: bytes(0xd4, 0, 0), says: '0xd4' },
  { title: 'a timestamp of a wrong size', bytes: bytes(0xd5, 0xff, 0, 0), says: '0xd5' },
  { title: 'the byte that MessagePack never uses', bytes: bytes(0x91, 0xc1), says: '0xc1' },
  { title: 'arrays 100,000 deep', bytes: Buffer.concat([repeated(100_000, 0x91), bytes(0)]), says: 'deeper' },
  { title: 'maps 100,000 deep', bytes: Buffer.concat([repeated(100_000, 0x81, 0xa1, 0x61), bytes(0)]), says: 'deeper' },
  {
    title: '1 MiB of empty maps',
    bytes: Buffer.concat([array32(MIB), Buffer.alloc(MIB, 0x80)]),
    says: 'maps, arrays and keys',
  },
  {
    title: '1 MiB of empty arrays',
    bytes: Buffer.concat([array32(MIB), Buffer.alloc(MIB, 0x90)]),
    says: 'maps, arrays and keys',
  },
  {
    title: 'a map of a million keys',
    bytes: Buffer.concat([bytes(0xdf, 0, 0x0f, 0x42, 0x40), Buffer.alloc(4_000_000, 0x01)]),
    says: 'maps, arrays and keys',
  },
  { title: 'more values than a frame may hold', bytes: Buffer.alloc(16_385, 0x01), says: 'more than 16384' },
  {
    title: 'an array that promises four billion elements',
    bytes: bytes(0xdd, 0xff, 0xff, 0xff, 0xff, 1),
    says: 'ends within',
  },
  {
    title: 'arrays within arrays that each promise all that is left',
    bytes: repeated(200, 0xdd, 0, 0, 3, 0),
    says: 'ends within',
  },
  { title: 'a map that promises more than is left', bytes: bytes(0xdf, 0, 0, 1, 0, 0xa1), says: 'ends within' },
  {
    title: 'a string that promises more than is left',
    bytes: Buffer.concat([bytes(0xdb, 0xff, 0xff, 0xff, 0xff), str('a')]),
    says: 'ends within',
  },
  {
    title: 'binary that promises more than is left',
    bytes: bytes(0xc6, 0x7f, 0xff, 0xff, 0xff, 1),
    says: 'ends within',
  },
  { title: 'a length without its bytes', bytes: bytes(0xdb, 0), says: 'ends within' },
  { title: 'a short string cut off', bytes: bytes(0xa5, 0x61, 0x62), says: 'ends within' },
  { title: 'a float cut off', bytes: bytes(0xcb, 0x7f), says: 'ends within' },
  { title: 'an array cut off', bytes: bytes(0x93, 1, 2), says: 'ends within' },
  { title: 'a map without its last value', bytes: bytes(0x81, 0xa1, 0x61), says: 'ends within' },
  { title: 'a map with a map as key', bytes: bytes(0x81, 0x80, 1), says: 'neither a string' },
  { title: 'a map with binary as key', bytes: bytes(0x81, 0xc4, 1, 0x61, 1), says: 'neither a string' },
  { title: 'a map with nil as key', bytes: bytes(0x81, 0xc0, 1), says: 'neither a string' },
  { title: 'a map with a float as key', bytes: bytes(0x81, 0xca, 0, 0, 0, 0, 1), says: 'neither a string' },
];

/** Odd, but plain data: what it is read as. */
export const harmlessBytes: readonly (HostileBytes & { readonly value: unknown })[] = [
  {
    title: '__proto__ as a key',
    bytes: Buffer.concat([bytes(0x81), str('__proto__'), bytes(0x81, 0xa1, 0x61, 1)]),
    value: { __proto_: { a: 1 } },
  },
  {
    title: 'constructor.prototype as keys',
    bytes: Buffer.concat([bytes(0x81), str('constructor'), bytes(0x81), str('prototype'), bytes(0x81, 0xa1, 0x61, 1)]),
    value: { constructor: { prototype: { a: 1 } } },
  },
  { title: 'a duplicate key: the last one counts', bytes: bytes(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2), value: { a: 2 } },
  { title: 'whole numbers as keys', bytes: bytes(0x82, 0x01, 2, 0xff, 3), value: { '1': 2, '-1': 3 } },
  { title: 'NaN', bytes: bytes(0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0), value: Number.NaN },
  { title: 'infinity', bytes: bytes(0xca, 0x7f, 0x80, 0, 0), value: Number.POSITIVE_INFINITY },
  {
    title: 'a 64-bit integer that is exact',
    bytes: bytes(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    value: Number.MAX_SAFE_INTEGER,
  },
  {
    title: 'a 64-bit integer beyond 2^53',
    bytes: bytes(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    value: 2n ** 64n - 1n,
  },
  { title: 'a negative one', bytes: bytes(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0), value: -(2n ** 63n) },
  { title: 'a string that is no UTF-8', bytes: bytes(0xa2, 0xc3, 0x28), value: '\ufffd(' },
  { title: 'a timestamp', bytes: bytes(0xd6, 0xff, 0x66, 0, 0, 0), value: new Date(0x66000000 * 1000) },
  { title: 'the codes that elsewhere mean records', bytes: bytes(0x92, 0x40, 0x7f), value: [0x40, 0x7f] },
];
