import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { chainHash, genesisHash, recordOf, refusalOf } from '../../common/journal/record.js';
import { recordOf as textRecord } from './world.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const REF = `${'a1'.repeat(32)}/300000`;

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
          expect(hex(chainHash(previous, seq, recordOf(stream, tsMs, agent, epoch, body)))).to.equal(expected);
        },
      ),
    );
  });

  it('is the same whatever was hashed before: names that come again, and bodies that are longer or shorter', () => {
    const record = (stream: string, agent: string, bytes: number) =>
      recordOf(stream, 3, agent, 7, Buffer.alloc(bytes, stream));
    const records = [
      record('notes', 'echo', 9),
      record('notes', 'echo', 100),
      // More than there was room for.
      record('notes', 'echo', 20_000),
      record('notes', 'echo', 9),
      record('note', 'secho', 9),
      record('note', 'other', 9),
      record('note', 'other', 9),
    ];
    let previous = genesisHash('j1');
    for (const [i, { stream, agent, body, tsMs, epoch }] of records.entries()) {
      const expected = createHash('sha256')
        .update(Buffer.concat([previous, uint64(i), uint64(tsMs), uint64(epoch)]))
        .update(Buffer.concat([sized(Buffer.from(stream)), sized(Buffer.from(agent)), sized(body)]))
        .digest('hex');
      previous = chainHash(previous, i, recordOf(stream, tsMs, agent, epoch, body));
      expect(hex(previous), `record ${i}`).to.equal(expected);
    }
  });

  it('covers the marks of a record that has any, and only then', () => {
    const previous = genesisHash('j1');
    const plain = recordOf('notes', 3, 'echo', 7, Buffer.from('body'));
    for (const marks of [
      { trace: TRACE, ref: '' },
      { trace: '', ref: REF },
      { trace: TRACE, ref: REF },
      { trace: '', ref: '', key: 'Bestellung 17 ü' },
      { trace: TRACE, ref: REF, key: 'order-17' },
    ]) {
      const parts = [marks.trace, marks.ref, ...('key' in marks ? [marks.key] : [])];
      const expected = createHash('sha256')
        .update(previous)
        .update(Buffer.concat([uint64(1), uint64(3), uint64(7)]))
        .update(Buffer.concat([Buffer.from('notes'), Buffer.from('echo'), plain.body].map(sized)))
        .update(Buffer.concat(parts.map((part) => sized(Buffer.from(part)))))
        .digest('hex');
      expect(hex(chainHash(previous, 1, { ...plain, ...marks }))).to.equal(expected);
    }
  });

  it('takes the largest record', () => {
    const body = new Uint8Array(limits.recordBodyBytesMax).fill(1);
    expect(chainHash(genesisHash('j1'), 1, { ...textRecord(''), body })).to.have.length(32);
    expect(refusalOf({ ...textRecord(''), body })).to.equal(undefined);
    expect(refusalOf({ ...textRecord(''), trace: TRACE, ref: REF })).to.equal(undefined);
  });

  it('refuses what could not be given back unchanged', () => {
    const codes = [
      { ...textRecord('x'), body: new Uint8Array(limits.recordBodyBytesMax + 1) },
      { ...textRecord('x'), stream: '' },
      { ...textRecord('x'), agent: '\ud800' },
      { ...textRecord('x'), tsMs: 1.5 },
      { ...textRecord('x'), epoch: -1 },
      { ...textRecord('x'), trace: 'no trace' },
      { ...textRecord(''), ref: '../../etc/passwd/4' },
      { ...textRecord('a body beside its reference'), ref: REF },
      { ...textRecord(''), key: 'k'.repeat(limits.recordKeyLengthMax + 1) },
      { ...textRecord(''), key: 'two\nlines' },
      { ...textRecord(''), key: 'half \ud83d' },
    ].map((record) => refusalOf(record)?.code);
    expect(codes).to.deep.equal(['TOO_LARGE', ...new Array(10).fill('INVALID_INPUT')]);
  });
});
