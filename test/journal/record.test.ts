import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { chainHash, genesisHash, refusalOf } from '../../common/journal/record.js';
import { recordOf } from './world.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sized = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.byteLength);
  return Buffer.concat([length, bytes]);
};
const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

describe('the hash chain', () => {
  it('begins with the hash of the journal id', () => {
    expect(hex(genesisHash('j1'))).to.equal(createHash('sha256').update('agent-mesh journal j1').digest('hex'));
  });

  it('covers each field in the documented order, for any record', () => {
    const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: 'grapheme' }),
        count,
        count,
        count,
        fc.uint8Array(),
        (stream, agent, seq, tsMs, epoch, body) => {
          const previous = genesisHash('j1');
          const expected = createHash('sha256')
            .update(previous)
            .update(Buffer.concat([uint64(seq), uint64(tsMs), uint64(epoch)]))
            .update(Buffer.concat([sized(Buffer.from(stream)), sized(Buffer.from(agent)), sized(body)]))
            .digest('hex');
          expect(hex(chainHash(previous, seq, { stream, agent, tsMs, epoch, body }))).to.equal(expected);
        },
      ),
    );
  });

  it('takes the largest record', () => {
    const body = new Uint8Array(limits.recordBodyBytesMax).fill(1);
    expect(chainHash(genesisHash('j1'), 1, { ...recordOf(''), body })).to.have.length(32);
    expect(refusalOf({ ...recordOf(''), body })).to.equal(undefined);
  });

  it('refuses what could not be given back unchanged', () => {
    const codes = [
      { ...recordOf('x'), body: new Uint8Array(limits.recordBodyBytesMax + 1) },
      { ...recordOf('x'), stream: '' },
      { ...recordOf('x'), agent: '\ud800' },
      { ...recordOf('x'), tsMs: 1.5 },
      { ...recordOf('x'), epoch: -1 },
    ].map((record) => refusalOf(record)?.code);
    expect(codes).to.deep.equal(['TOO_LARGE', 'INVALID_INPUT', 'INVALID_INPUT', 'INVALID_INPUT', 'INVALID_INPUT']);
  });
});
