/** Plain values in the bytes of the codec, and everything else left to it. */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { decode, decodeAll, encode } from '../../common/protocol/frames/codec.js';
import { EventsFrame } from '../../common/protocol/frames/events-frame.js';
import { PlainWriter } from '../../common/protocol/frames/plain-writer.js';
import { expectError } from '../support/expect-error.js';
import { eventBytes } from '../support/fakes/event-bytes.js';

const writtenOf = (value: unknown): Buffer | undefined => {
  const writer = new PlainWriter(1);
  return writer.write(value) ? writer.bytes : undefined;
};

/** Texts of all lengths at which the form changes, in one, two, three and four bytes a character. */
const lengths = [0, 1, 15, 16, 31, 32, 63, 64, 85, 86, 128, 255, 256, 21_846, 65_535, 65_536];
const texts = lengths.flatMap((length) => ['a', 'é', '€', '𝄞'].map((character) => character.repeat(length)));

const numbers = [7, 8, 16, 31, 32, 53].flatMap((bits) => {
  const edge = 2 ** bits;
  return [edge - 1, edge, edge + 1, -edge - 1, -edge, -edge + 1];
});

describe('a plain writer', () => {
  it('writes what the codec writes, byte by byte', () => {
    const values = [...texts, ...numbers, 0, -0, -0x20, -0x21, 0.5, Number.NaN, Number.POSITIVE_INFINITY, true, false];
    const lists = [0, 15, 16, 65_535].map((length) => Array.from({ length }, (_, n) => n));
    const maps = [0, 15, 16, 300].map((count) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, n])),
    );
    const binaries = [0, 255, 256, 65_535, 65_536, 2 ** 20].map((length) => new Uint8Array(length).fill(7));
    for (const value of [
      ...values,
      null,
      undefined,
      ...lists,
      ...maps,
      ...binaries,
      Buffer.from('b'),
      { a: undefined },
    ])
      expect(writtenOf(value)?.equals(encode(value)), String(value).slice(0, 40)).to.equal(true);
  });

  it('writes any JSON as the codec does', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(writtenOf(value)?.equals(encode(value))).to.equal(true);
      }),
    ));

  it('writes nothing of a value that is not plain', () => {
    const writer = new PlainWriter(8);
    writer.write('before');
    const before = Buffer.from(writer.bytes);
    const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const thrower = {
      get key(): number {
        throw new Error('not today');
      },
    };
    const strange = [new Date(0), new Map(), new Set(), 5n, Symbol('s'), () => 1, new Error('e'), deep, cycle, thrower];
    for (const value of [...strange, Object.create(null), Array.from({ length: limits.frameItemsMax }, () => [])]) {
      expect(writer.write(['begun', value])).to.equal(false);
      expect(writer.bytes.equals(before)).to.equal(true);
    }
  });
});

describe('a frame of events', () => {
  it('takes what is not plain the way of the codec, between what is', () => {
    const bodies = [{ n: 1 }, new Date(1_700_000_000_000), new Map([['m', 1]]), 'end', 2n ** 60n];
    expect(decode(eventBytes('a@b#1', 3, 4, bodies))).to.deep.equal([
      1,
      4,
      'a@b#1',
      3,
      4,
      [{ n: 1 }, bodies[1], { m: 1 }, 'end', 2n ** 60n],
    ]);
  });

  it('is as it was when a body is refused or taken back', () => {
    const frame = new EventsFrame('a@b#1', 1, 2, 8);
    frame.add('one');
    expectError('INVALID_INPUT', () => frame.add([new Set()]));
    frame.takeBack(frame.add('two'));
    frame.add('three');
    expect(decodeAll(frame.close())).to.deep.equal([[1, 4, 'a@b#1', 1, 2, ['one', 'three']]]);
  });

  it('refuses a body that adds to it while it is being added', () => {
    const frame = new EventsFrame('a@b#1', 1, 2, 8);
    const body = {
      get nested(): number {
        return frame.add('within');
      },
    };
    expectError('INVALID_INPUT', () => frame.add(body));
    expect(frame.count).to.equal(0);
  });
});
