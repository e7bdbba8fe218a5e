/** What the log has stored last, at hand for whoever follows it: the same answers as the file's, or none. */
import { join } from 'node:path';
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { Log } from '../../../common/journal/log/log.js';
import type { LogReadOptions, LogRecord } from '../../../common/journal/log/log-reader.js';
import { packAppend, rowsOf, unpackAppend } from '../../../common/journal/log/packed-append.js';
import { RecentRecords } from '../../../common/journal/log/recent-records.js';
import type { ChainEntry } from '../../../common/journal/record.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { chainOf, recordsOf } from '../world.js';

const batchOf = (entries: readonly ChainEntry[], machine = 'pc2') => ({ journalId: 'j', machine, entries });
const answer = (storedCount: number, lastId: number, isProved = true, headId = lastId) => ({
  headSeq: 0,
  storedCount,
  lastId,
  headId,
  isProved,
});
const idsOf = (recent: RecentRecords, options: LogReadOptions) => recent.read(options)?.records.map(({ id }) => id);

describe('what the log has stored last', () => {
  const folder = useTempFolder();
  const chain = chainOf('j', recordsOf(6));

  it('is answered behind an id that is held, also with nothing at its end, and asked of the file before its beginning', () => {
    const recent = new RecentRecords();
    recent.add(batchOf(chain.slice(0, 2)), answer(2, 11));
    recent.add(batchOf(chain.slice(2, 4)), answer(2, 13));
    expect(idsOf(recent, { afterId: 8 })).to.equal(undefined);
    expect(recent.read({ afterId: 9 })?.nextId).to.equal(13);
    expect(idsOf(recent, { afterId: 10 })).to.deep.equal([11, 12, 13]);
    expect(recent.read({ afterId: 13 })).to.deep.equal({ records: [], nextId: 13 });
    expect(recent.read({ afterId: 14 })).to.equal(undefined);
    expect(idsOf(recent, { afterId: 10, last: 1 })).to.equal(undefined);
  });

  it('is what the filter names', () => {
    const recent = new RecentRecords();
    recent.add(batchOf(chain.slice(0, 2)), answer(2, 2));
    recent.add(batchOf(chain.slice(2, 4), 'main'), answer(2, 4));
    expect(idsOf(recent, { afterId: 0, machine: 'main' })).to.deep.equal([3, 4]);
    expect(idsOf(recent, { afterId: 0, stream: chain[0]?.kind === 'record' ? chain[0].stream : '' })).to.have.length(4);
    expect(recent.read({ afterId: 0, stream: 'other' })).to.deep.equal({ records: [], nextId: 4 });
    expect(idsOf(recent, { afterId: 0, agent: 'other' })).to.deep.equal([]);
  });

  it('is asked of the file at its end where the log has written something by itself behind it', () => {
    const recent = new RecentRecords();
    recent.add(batchOf(chain.slice(0, 2)), answer(2, 2, true, 3));
    expect(recent.read({ afterId: 0 })?.nextId).to.equal(2);
    expect(recent.read({ afterId: 2 })).to.equal(undefined);
    expect(recent.read({ afterId: 0, stream: 'other' })).to.equal(undefined);
  });

  it('is cut at a limit, and goes on behind it', () => {
    const recent = new RecentRecords();
    recent.add(batchOf(chain), answer(6, 6));
    const page = recent.read({ afterId: 1, limit: 2 });
    expect(page?.records.map(({ id }) => id)).to.deep.equal([2, 3]);
    expect(page?.nextId).to.equal(3);
  });

  it('leaves out what a repeat brought again, and begins anew behind a gap and at a hole', () => {
    const recent = new RecentRecords();
    recent.add(batchOf(chain.slice(0, 4)), answer(2, 2));
    expect(recent.read({ afterId: 0 })?.records.map(({ seq }) => seq)).to.deep.equal([3, 4]);
    recent.add(batchOf(chain.slice(4, 5)), answer(1, 4));
    expect(idsOf(recent, { afterId: 2 })).to.equal(undefined);
    expect(idsOf(recent, { afterId: 3 })).to.deep.equal([4]);
    const hole: ChainEntry = { kind: 'hole', seq: 6, hash: null, reason: 'gone' };
    recent.add(batchOf([hole]), answer(1, 0));
    expect(idsOf(recent, { afterId: 3 })).to.equal(undefined);
  });

  it('says that nothing proves the first record behind a hash that nobody knows', () => {
    const recent = new RecentRecords();
    recent.add(batchOf(chain.slice(0, 2)), answer(2, 2, false));
    expect(recent.read({})?.records.map(({ integrity }) => integrity)).to.deep.equal(['unverifiable', 'verified']);
  });

  it('is bounded in bytes: the oldest are left to the file', () => {
    const recent = new RecentRecords();
    const large = recordsOf(8).map((record) => ({ ...record, body: new Uint8Array(limits.recentBytesMax / 4) }));
    chainOf('j', large).forEach((entry, i) => {
      recent.add(batchOf([entry]), answer(1, i + 1));
    });
    expect(idsOf(recent, { afterId: 0 })).to.equal(undefined);
    expect(idsOf(recent, { afterId: 5 })).to.deep.equal([6, 7, 8]);
  });

  it('crosses to the thread of the store as it was, also with a hole in it', () => {
    const hole: ChainEntry = { kind: 'hole', seq: 7, hash: null, reason: 'gone' };
    for (const entries of [chain, [...chain, hole]]) {
      const packed = packAppend({ ...batchOf(entries), previousHash: null });
      expect(rowsOf(packed)).to.equal(entries.length);
      expect(unpackAppend(packed)).to.deep.equal({ ...batchOf(entries), previousHash: null });
    }
  });

  it('is what the file says, record for record, and nothing once it is pruned', async () => {
    const { log } = await Log.open({ file: join(folder.path, 'mesh.db') });
    try {
      await log.append(batchOf(chain.slice(0, 3)));
      await log.append(batchOf(chain.slice(1, 6)));
      const recent = await log.read({ afterId: 0 });
      // A page that is read backwards comes from the file.
      const filed = await log.read({ last: 6 });
      expect(recent.records.map(plain)).to.deep.equal(filed.records.map(plain));
      expect(recent.records.map(({ integrity }) => integrity)).to.deep.equal(Array(6).fill('verified'));
      await log.prune(2);
      expect((await log.read({ afterId: 0 })).records.map(({ id }) => id)).to.deep.equal([5, 6]);
    } finally {
      await log.close();
    }
  });
});

/** Bytes are bytes, whoever made them. */
const plain = ({ body, hash, ...rest }: LogRecord) => ({ ...rest, body: [...body], hash: [...hash] });
