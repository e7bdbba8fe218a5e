/** Envelopes that are encoded one behind the other: they are what the codec makes, and joined without a copy where they can be. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { encodeShared, joined } from '../../common/protocol/frames/envelope-slab.js';
import { expectError } from '../support/expect-error.js';

describe('envelopes in shared memory', () => {
  it('are what the codec makes of them, small and large, plain and not', () => {
    const bodies: unknown[] = [
      { n: 1, text: 'ü' },
      new Date(1_000),
      2n ** 60n,
      new Map([['a', 1]]),
      'x'.repeat(100_000),
    ];
    const values = bodies.map((body, id) => [1, 1, id, 'm', body]);
    const encoded = values.map((value) => encodeShared(value));
    // All at the end: what comes later leaves what was there as it was.
    for (const [at, bytes] of encoded.entries()) expect(bytes.equals(encode(values[at])), `body ${at}`).to.equal(true);
  });

  it('refuse what cannot be sent, and leave nothing of it', () => {
    const before = encodeShared([1, 2, 1, 'before']);
    expectError('INVALID_INPUT', () => encodeShared([1, 2, 2, { set: new Set() }]));
    const after = encodeShared([1, 2, 3, 'after']);
    expect(joined([before, after])).to.deep.equal(Buffer.concat([before, after]));
  });

  it('stand apart when one is encoded while another one is', () => {
    let inner: Buffer = Buffer.alloc(0);
    const body = {
      before: 1,
      get made() {
        inner = encodeShared([1, 2, 9, 'inner']);
        return 2;
      },
      after: 3,
    };
    const outer = encodeShared([1, 1, 8, 'm', body]);
    expect(outer).to.deep.equal(encode([1, 1, 8, 'm', { before: 1, made: 2, after: 3 }]));
    expect(inner).to.deep.equal(encode([1, 2, 9, 'inner']));
  });

  it('are a frame without a copy where one stands behind the other, and with one where not', () => {
    const parts = Array.from({ length: 2_000 }, (_, id) => encodeShared([1, 2, id, 'x'.repeat(80)]));
    const pairs = parts.slice(1).map((part, at) => [parts[at] as Buffer, part]);
    const shared = pairs.filter((pair) => joined(pair).buffer === pair[0]?.buffer);
    expect(shared.length).to.be.greaterThan(pairs.length * 0.9);
    for (const pair of pairs) expect(joined(pair).equals(Buffer.concat(pair))).to.equal(true);
    const [first, second, third] = parts as [Buffer, Buffer, Buffer];
    expect(joined([first, third])).to.deep.equal(Buffer.concat([first, third]));
    expect(joined([second, first])).to.deep.equal(Buffer.concat([second, first]));
    expect(joined([])).to.have.length(0);
    expect(joined([Buffer.alloc(limits.frameTargetBytes)])).to.have.length(limits.frameTargetBytes);
  });
});
