/** MessagePack in and out: plain data or a typed refusal, whatever the bytes. */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { decode, decodeAll, encode } from '../../common/protocol/frames/codec.js';
import { expectError } from '../support/expect-error.js';
import { harmlessBytes, refusedBytes } from './hostile-bytes.js';

const prototypeKeys = () => Reflect.ownKeys(Object.prototype).map(String).sort();

describe('hostile MessagePack', () => {
  const before = prototypeKeys();
  afterEach(() => expect(prototypeKeys()).to.deep.equal(before));

  for (const { title, bytes, says } of refusedBytes) {
    it(`is refused: ${title}`, () => {
      expect(expectError('BAD_FRAME', () => decodeAll(bytes)).message).to.contain(says);
      expectError('BAD_FRAME', () => decode(bytes));
      // The decoder is as good as new afterwards, also for the refused value within a larger one.
      expectError('BAD_FRAME', () => decodeAll(Buffer.concat([Buffer.from([0x92, 0x01]), bytes])));
      expect(decodeAll(Buffer.from([0x01, 0x92, 0x40, 0xa1, 0x61]))).to.deep.equal([1, [0x40, 'a']]);
    });
  }

  for (const { title, bytes, value } of harmlessBytes) {
    it(`is plain data: ${title}`, () => {
      expect(decode(bytes)).to.deep.equal(value);
      expect(decodeAll(Buffer.concat([bytes, bytes]))).to.deep.equal([value, value]);
    });
  }

  it('never is anything else: random bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          decodeAll(bytes);
        } catch (error) {
          expect(error).to.have.property('code', 'BAD_FRAME');
        }
      }),
      { numRuns: 2_000 },
    ));

  it('never is anything else: valid bytes with one of them changed, or cut off', () => {
    const valid = encode({ id: 7, text: 'a text of some length', list: [1, 2.5, null, true], bytes: Buffer.alloc(9) });
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, byte, length) => {
        const changed = Buffer.from(valid.subarray(0, length));
        if (at < length) changed[at] = byte;
        try {
          decode(changed);
        } catch (error) {
          expect(error).to.have.property('code', 'BAD_FRAME');
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not pass as one value when there are two', () =>
    expect(expectError('BAD_FRAME', () => decode(Buffer.from([1, 2]))).message).to.contain('more than 1 value'));
});

describe('a value', () => {
  it('comes back as it went, with bytes as bytes', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value), (key, part) =>
          key === '__proto__' ? undefined : part,
        );
        expect(decode(encode(plain))).to.deep.equal(plain);
      }),
    ));

  it('may be as long as MessagePack has headers for', () => {
    for (const length of [0, 31, 32, 255, 256, 65_535, 65_536]) {
      for (const value of ['x'.repeat(length), Buffer.alloc(length, 1), new Array(length).fill(0)])
        expect(decode(encode(value))).to.deep.equal(value);
    }
  });

  it('keeps whole numbers and times exact', () => {
    const numbers = [0, -1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 0.1];
    expect(decode(encode(numbers))).to.deep.equal(numbers);
    for (const date of [new Date(0), new Date(1_700_000_000_123), new Date(-1), new Date(8.64e15)])
      expect(decode(encode(date))).to.deep.equal(date);
    expect(decode(encode(2n ** 60n))).to.equal(2n ** 60n);
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)]);
  const withoutForm: readonly [string, unknown][] = [
    ['a Set', new Set([1])],
    ['an Error', new Error('x')],
    ['a RegExp', /a/],
    ['a symbol', Symbol('s')],
    ['a cycle', cycle],
    ['a date that is none', new Date(Number.NaN)],
    ['a BigInt beyond 64 bits', 2n ** 64n],
    ['a Map with objects as keys', new Map([[{}, 1]])],
    ['more levels than are read', deep(limits.frameDepthMax)],
    ['more items than are read', Array.from({ length: limits.frameItemsMax }, () => ({}))],
  ];
  for (const [title, value] of withoutForm) {
    it(`is refused where it is made, not where it arrives: ${title}`, () => {
      expectError('INVALID_INPUT', () => encode(value));
      expectError('INVALID_INPUT', () => encode([1, { value }]));
      expect(decode(encode('still good'))).to.equal('still good');
    });
  }

  it('is a buffer of its own: the next one does not overwrite it', () => {
    const first = encode({ text: 'first' });
    const copy = Buffer.from(first);
    for (let i = 0; i < 5_000; i++) encode({ text: 'another', i });
    expect(first.equals(copy)).to.equal(true);
  });
});
