/** What a journal has stored last, at hand for whoever sends it on; and records on their way between two threads. */
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { RecentRun } from '../../../common/journal/machine/recent-run.js';
import { packHashes, packRecords, unpackHashes, unpackRecords } from '../../../common/journal/packed-records.js';
import { HASH_BYTES, type NewRecord, recordOf } from '../../../common/journal/record.js';

const bounds = { limit: 100, bytesMax: 1_000_000 };
const hashOf = (seq: number): Uint8Array => new Uint8Array(HASH_BYTES).fill(seq);
const hashesOf = (firstSeq: number, count: number) => Array.from({ length: count }, (_, i) => hashOf(firstSeq + i));
const bodyOf = (seq: number, bytes = 4): NewRecord => recordOf('s', seq, 'a', 1, new Uint8Array(bytes).fill(seq));

function add(recent: RecentRun, firstSeq: number, count: number, { journalId = 'j', bytes = 4 } = {}): void {
  const records = Array.from({ length: count }, (_, i) => bodyOf(firstSeq + i, bytes));
  recent.add({ journalId, firstSeq, hashes: packHashes(hashesOf(firstSeq, count)) }, packRecords(records));
}

const seqsAfter = (recent: RecentRun, seq: number, options = bounds, journalId = 'j') =>
  recent.after({ journalId, seq, hash: hashOf(seq) }, options)?.entries.map((entry) => entry.seq);

describe('what a journal has stored last', () => {
  it('is answered behind a place that is held, as the file would answer it', () => {
    const recent = new RecentRun();
    add(recent, 1, 2);
    add(recent, 3, 2);
    expect(recent.after({ journalId: 'j', seq: 2, hash: hashOf(2) }, bounds)).to.deep.equal({
      journalId: 'j',
      previous: { seq: 2, hash: hashOf(2) },
      entries: [3, 4].map((seq) => ({ kind: 'record', seq, ...bodyOf(seq), hash: hashOf(seq) })),
      damaged: [],
    });
  });

  it('is asked of the file at its end, before its beginning, and for another chain', () => {
    const recent = new RecentRun();
    add(recent, 5, 3);
    expect(seqsAfter(recent, 3)).to.equal(undefined);
    expect(seqsAfter(recent, 4, bounds, 'other')).to.equal(undefined);
    expect(seqsAfter(recent, 4)).to.deep.equal([5, 6, 7]);
    expect(seqsAfter(recent, 7)).to.equal(undefined);
  });

  it('has no gap: what was stored in between by others is in the file', () => {
    const recent = new RecentRun();
    add(recent, 1, 2);
    add(recent, 4, 2);
    expect(seqsAfter(recent, 2)).to.equal(undefined);
    expect(seqsAfter(recent, 3)).to.deep.equal([4, 5]);
  });

  it('knows when a place is the end of all, until something else is stored', () => {
    const recent = new RecentRun();
    const end = { journalId: 'j', seq: 2, hash: hashOf(2) };
    expect(recent.isAtEnd(end)).to.equal(false);
    add(recent, 1, 2);
    expect(recent.isAtEnd(end)).to.equal(true);
    expect(recent.isAtEnd({ ...end, seq: 1 })).to.equal(false);
    expect(recent.isAtEnd({ ...end, journalId: 'other' })).to.equal(false);
    recent.forget();
    expect(recent.isAtEnd(end)).to.equal(false);
    expect(seqsAfter(recent, 1)).to.equal(undefined);
  });

  it('begins anew with another chain', () => {
    const recent = new RecentRun();
    add(recent, 1, 2);
    add(recent, 1, 1, { journalId: 'other' });
    expect(seqsAfter(recent, 0)).to.equal(undefined);
    expect(seqsAfter(recent, 0, bounds, 'other')).to.deep.equal([1]);
  });

  it('is answered within the bounds of a batch, and one record at least', () => {
    const recent = new RecentRun();
    add(recent, 1, 5, { bytes: 10 });
    expect(seqsAfter(recent, 0, { limit: 2, bytesMax: 1_000 })).to.deep.equal([1, 2]);
    expect(seqsAfter(recent, 2, { limit: 100, bytesMax: 25 })).to.deep.equal([3, 4]);
    expect(seqsAfter(recent, 4, { limit: 100, bytesMax: 1 })).to.deep.equal([5]);
  });

  it('is bounded in bytes: the oldest are left to the file', () => {
    const recent = new RecentRun();
    const bytes = limits.recentBytesMax / 4;
    for (let seq = 1; seq <= 8; seq++) add(recent, seq, 1, { bytes });
    expect(seqsAfter(recent, 0)).to.equal(undefined);
    expect(seqsAfter(recent, 5, { limit: 100, bytesMax: 2 * limits.recentBytesMax })).to.deep.equal([6, 7, 8]);
  });
});

describe('records on their way between two threads', () => {
  it('come out as they went in, whether they have much in common or nothing', () => {
    const record = bodyOf(1);
    const marked = { ...record, trace: 'a'.repeat(32), body: new Uint8Array(), ref: `${'0'.repeat(64)}/9` };
    for (const records of [[], [record], [record, record], [record, bodyOf(2, 0), marked]]) {
      expect(unpackRecords(packRecords(records))).to.deep.equal(records);
    }
  });

  it('take nothing along of the frame in which their bodies came', () => {
    const frame = new Uint8Array(1_000).fill(7);
    const { bodies } = packRecords([{ ...bodyOf(1), body: frame.subarray(10, 14) }]);
    expect(bodies.buffer.byteLength).to.equal(4);
  });

  it('are answered with their hashes in one piece', () => {
    expect(unpackHashes(packHashes(hashesOf(1, 3)))).to.deep.equal(hashesOf(1, 3));
  });
});
