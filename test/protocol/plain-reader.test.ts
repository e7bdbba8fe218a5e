/** Plain values read from their bytes as the codec reads them, and everything else left to it. */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { decode, decodeAll, encode } from '../../common/protocol/frames/codec.js';
import { PlainReader } from '../../common/protocol/frames/plain-reader.js';
import { expectError } from '../support/expect-error.js';

const reader = new PlainReader();
const readAll = (bytes: Uint8Array) => reader.readAll(bytes, limits.frameEnvelopesMax);
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** Texts of all lengths at which the form or the way to make one changes, in one, two, three and four bytes a character. */
const lengths = [0, 1, 8, 15, 16, 23, 24, 25, 31, 32, 255, 256, 65_535, 65_536];
const texts = lengths.flatMap((length) => ['a', 'é', '€', '𝄞'].map((character) => character.repeat(length)));
const numbers = [7, 8, 15, 16, 31, 32, 53].flatMap((bits) => {
  const edge = 2 ** bits;
  return [edge - 1, edge, -edge, -edge + 1];
});

describe('a plain reader', () => {
  it('reads what was encoded', () => {
    const lists = [0, 15, 16, 65_536].map((length) => Array.from({ length }, (_, n) => n));
    const maps = [0, 15, 16, 300].map((count) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}${'x'.repeat(n)}`, n])),
    );
    const binaries = [0, 255, 256, 65_536].map((length) => Buffer.alloc(length, 7));
    for (const value of [...texts, ...numbers, -0.5, Number.NaN, true, false, null, ...lists, ...maps, ...binaries])
      expect(readAll(encode(value)), String(value).slice(0, 40)).to.deep.equal([value]);
    expect(reader.readAll(new Uint8Array(encode('a text of more than 24 characters')), 1)).to.deep.equal([
      'a text of more than 24 characters',
    ]);
  });

  it('reads numbers and lengths in forms that are longer than they need be', () => {
    const frame = 'cf0000000000000001 cd0001 d10001 ce00000001 d2ffffffff d90161 da000161 db0000000161 dd0000000101';
    expect(readAll(hex(`${frame} df00000001a16101 c60000000101`))).to.deep.equal([
      ...[1, 1, 1, 1, -1, 'a', 'a', 'a', [1]],
      { a: 1 },
      Buffer.of(1),
    ]);
  });

  it('reads any JSON, and any of it back to back, as it was', () =>
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 6 }), { minLength: 1 }), (values) => {
        fc.pre(!JSON.stringify(values).includes('__proto__'));
        expect(readAll(Buffer.concat(values.map(encode)))).to.deep.equal(values.map(withoutNegativeZero));
      }),
    ));

  it('reads any bytes as the codec does, or not at all', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (any) => {
        const bytes = Buffer.from(any);
        const plain = readAll(bytes);
        // The codec asks it first: an element that is not plain takes the other way.
        if (plain !== undefined) expect(decodeAll(Buffer.concat([bytes, TIMESTAMP])).slice(0, -1)).to.deep.equal(plain);
      }),
      { numRuns: 2_000 },
    ));

  it('does not take one text for another of the same place in its memory', () => {
    for (let round = 0; round < 2; round++)
      for (const text of ['abcde', 'aXcYe', 'abc', 'a\u00e9', 'a\ufffd', '']) {
        expect(readAll(encode({ [text]: text }))).to.deep.equal([{ [text]: text }]);
      }
    // A byte that is no UTF-8 has the number of a character that takes two.
    expect(readAll(hex('a2 61e9'))).to.deep.equal(['a\ufffd']);
    expect(readAll(hex('a3 61c3a9'))).to.deep.equal(['a\u00e9']);
  });

  it('gives back what is not plain, cut short, too deep or too much', () => {
    const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1);
    const many = Buffer.concat([hex('dd00020000'), Buffer.alloc(0x20000, 0x90)]);
    const whole = encode({ name: 'x'.repeat(40), list: [1, 2.5, -70_000], bytes: Buffer.alloc(3) });
    const cut = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
    const strange = [
      'c1',
      'ca3f800000',
      '810102',
      'cfffffffffffffffff',
      'd3ffffffffffffffff',
      '81a95f5f70726f746f5f5f01',
    ];
    for (const bytes of [encode(new Date(0)), encode(2n ** 60n), encode(deep), many, ...cut, ...strange.map(hex)])
      expect(readAll(bytes), bytes.toString('hex', 0, 20)).to.equal(undefined);
    expect(reader.readAll(hex('0102'), 1)).to.equal(undefined);
    expect(readAll(hex('dfffffffff'))).to.equal(undefined);
  });

  it('leaves what it gave back to the codec, which reads or refuses it', () => {
    expect(decodeAll(Buffer.concat([encode('plain'), encode(new Date(5)), encode(2n ** 60n)]))).to.deep.equal([
      ...['plain', new Date(5)],
      2n ** 60n,
    ]);
    expect(decode(hex('81a95f5f70726f746f5f5f01'))).to.deep.equal({ __proto_: 1 });
    for (const bad of ['', 'c1', '9201', 'a3 6161']) {
      expectError('BAD_FRAME', () => decodeAll(hex(bad)));
    }
  });
});

/** Seconds, in the shortest form. */
const TIMESTAMP = hex('d6ff00000000');

const withoutNegativeZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
