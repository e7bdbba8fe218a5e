import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { isSound } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { chainHash, genesisHash } from '../../../common/journal/record.js';
import { walBytesOf } from '../../../common/journal/sqlite/database.js';
import {
  answerOf,
  append,
  bounds,
  codeOf,
  failureOf,
  pendingOf,
  recordOf,
  recordsOf,
  textOf,
  useWorld,
} from '../world.js';

describe('appending to the journal', () => {
  const world = useWorld();

  it('answers with the place and the hash of each record', () => {
    const { store } = world().journal();
    const records = recordsOf(2);
    const { journalId, firstSeq, hashes } = append(store, { records });
    const first = chainHash(genesisHash(journalId), 1, recordOf('r1'));
    expect(firstSeq).to.equal(1);
    expect(hashes).to.deep.equal([first, chainHash(first, 2, recordOf('r2'))]);
    expect(append(store, { records: recordsOf(1) }).firstSeq).to.equal(3);
  });

  it('commits a group of batches together; a bad one fails alone', () => {
    const { store } = world().journal();
    const tooLarge = { ...recordOf(''), body: new Uint8Array(limits.recordBodyBytesMax + 1) };
    const outcomes = store.appendBatches([
      { records: recordsOf(2, 'a') },
      { records: [recordOf('good'), tooLarge] },
      { records: recordsOf(limits.recordBatchMax + 1) },
      { records: recordsOf(1, 'b') },
    ]);
    expect(outcomes.map(codeOf)).to.deep.equal([undefined, 'TOO_LARGE', 'TOO_LARGE', undefined]);
    expect(pendingOf(store).flatMap(({ entries }) => entries.map(textOf))).to.deep.equal(['a1', 'a2', 'b1']);
  });

  it('writes a page each of records, emitter and chain, and no more: a commit waits for what it writes', () => {
    const { store } = world().journal();
    const file = world().path('journal.db');
    const pagesOf = (firstSeq: number) => {
      const before = walBytesOf(file);
      append(store, { records: recordsOf(1), producer: { id: 'e#1', firstSeq } });
      return (walBytesOf(file) - before) / (PAGE_BYTES + FRAME_HEADER_BYTES);
    };
    append(store, { records: recordsOf(1), producer: { id: 'e#1', firstSeq: 1 } });
    expect([2, 3, 4].map(pagesOf)).to.deep.equal([3, 3, 3]);
  });

  it('stores nothing of a group that fails, and goes on from where it was', () => {
    const { store } = world().journal();
    append(store, { records: recordsOf(1, 'before') });
    world().edit('journal.db', (db) =>
      db.exec("CREATE TRIGGER t BEFORE INSERT ON records WHEN NEW.body = x'62' BEGIN SELECT RAISE(ABORT, 'no'); END"),
    );
    const group = [{ records: [recordOf('a')], producer: { id: 'e#1', firstSeq: 1 } }, { records: [recordOf('b')] }];
    failureOf(() => store.appendBatches(group));
    world().edit('journal.db', (db) => db.exec('DROP TRIGGER t'));

    expect(store.status().lastSeq).to.equal(1);
    expect(store.appendBatches(group).map((outcome) => answerOf(outcome).firstSeq)).to.deep.equal([2, 3]);
    expect(pendingOf(store).flatMap(({ entries }) => entries.map(textOf))).to.deep.equal(['before1', 'a', 'b']);
  });

  it('keeps a checkpoint with its batch, and refuses one too many', () => {
    const { store } = world().journal();
    append(store, { records: recordsOf(1), checkpoint: { agent: 'w', name: 'pos', bytes: Buffer.from('41') } });
    append(store, { records: [], checkpoint: { agent: 'w', name: 'pos', bytes: Buffer.from('42') } });
    expect(store.checkpoint({ agent: 'w', name: 'pos' })).to.deep.equal(Buffer.from('42'));
    expect(store.checkpoint({ agent: 'w', name: 'other' })).to.equal(undefined);
    const outcomes = Array.from({ length: limits.checkpointsPerAgentMax }, (_, index) =>
      codeOf(
        store.appendBatches([
          { records: [], checkpoint: { agent: 'w', name: `n${index}`, bytes: Buffer.alloc(1) } },
        ])[0],
      ),
    );
    expect(outcomes.filter((code) => code !== undefined)).to.deep.equal(['TOO_LARGE']);
    const tooLarge = { agent: 'w', name: 'pos', bytes: new Uint8Array(limits.checkpointBytesMax + 1) };
    expect(codeOf(store.appendBatches([{ records: recordsOf(1), checkpoint: tooLarge }])[0])).to.equal('TOO_LARGE');
  });

  it('says when a checkpoint is not what was stored', () => {
    const { store } = world().journal();
    append(store, { records: [], checkpoint: { agent: 'w', name: 'pos', bytes: Buffer.from('41') } });
    world().edit('journal.db', (db) => db.exec("UPDATE checkpoints SET bytes = x'3432'"));
    expect(failureOf(() => store.checkpoint({ agent: 'w', name: 'pos' })).code).to.equal('JOURNAL_DAMAGED');
  });
});

describe('an emitter that repeats its batch', () => {
  const world = useWorld();
  const batch = { records: recordsOf(3), producer: { id: 'echo#7', firstSeq: 1 } };
  const receiptOf = ({ journalId, firstSeq, hashes }: ReturnType<typeof append>) => [
    journalId,
    firstSeq,
    hashes.map((hash) => Buffer.from(hash)),
  ];

  it('gets the first answer again, and nothing is stored twice: in the same group, later, after reopening, after pruning', () => {
    const { store } = world().journal();
    const [first, again] = store.appendBatches([batch, batch]).map(answerOf);
    if (first === undefined || again === undefined) throw new Error('two answers');
    expect([first.isRepeat, again.isRepeat]).to.deep.equal([false, true]);
    expect(receiptOf(again)).to.deep.equal(receiptOf(first));
    store.close();

    const { store: reopened } = world().journal();
    expect(receiptOf(append(reopened, batch))).to.deep.equal(receiptOf(first));
    reopened.acknowledge({ journalId: first.journalId, seq: 3 });
    expect(reopened.prune({ keep: 0 }).prunedCount).to.equal(3);
    expect(receiptOf(append(reopened, batch))).to.deep.equal(receiptOf(first));
    expect(reopened.status().pendingCount).to.equal(0);
  });

  it('goes on behind it, and is refused when it repeats with other records', () => {
    const { store } = world().journal();
    append(store, batch);
    expect(codeOf(store.appendBatches([{ ...batch, records: recordsOf(3, 'other') }])[0])).to.equal('CONFLICT');
    expect(codeOf(store.appendBatches([{ ...batch, records: recordsOf(2) }])[0])).to.equal('CONFLICT');
    const next = append(store, { records: recordsOf(1), producer: { id: 'echo#7', firstSeq: 4 } });
    expect([next.firstSeq, next.missingCount, next.isRepeat]).to.deep.equal([4, 0, false]);
    expect(codeOf(store.appendBatches([batch])[0])).to.equal('CONFLICT');
  });

  it('is told how many of its records this journal has lost', () => {
    const { store } = world().journal();
    append(store, batch);
    expect(append(store, { records: recordsOf(1), producer: { id: 'echo#7', firstSeq: 10 } }).missingCount).to.equal(6);
  });

  it('is another one after a restart', () => {
    const { store } = world().journal();
    append(store, batch);
    expect(append(store, { ...batch, producer: { id: 'echo#8', firstSeq: 1 } }).firstSeq).to.equal(4);
  });
});

describe('opening the journal', () => {
  const world = useWorld();

  it('mints a new chain and a higher epoch every time, and keeps what is pending of the others', () => {
    const openings = [1_000, 500, 2_000].map((wallMs, index) => {
      const { store } = world().journal('journal.db', wallMs);
      append(store, { records: recordsOf(1, `open${index}-`) });
      const { journalId, epoch } = store.status();
      if (index < 2) store.close();
      return { journalId, epoch, store };
    });
    expect(openings.map(({ epoch }) => epoch)).to.deep.equal([1_000, 1_001, 2_000]);
    const pending = openings[2] === undefined ? [] : pendingOf(openings[2].store);
    expect(pending.map(({ journalId, entries }) => [journalId, entries.map(textOf)])).to.deep.equal(
      openings.map(({ journalId }, index) => [journalId, [`open${index}-1`]]),
    );
  });

  it('forgets chains of which nothing is left, and names the last one with records as parent', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(1) });
    store.close();
    world().journal().store.close();
    const { store: third } = world().journal();
    expect(third.status().chains.map(({ journalId: id, parentId }) => [id, parentId])).to.deep.equal([
      [journalId, null],
      [third.status().journalId, journalId],
    ]);
    third.acknowledge({ journalId, seq: 1 });
    third.prune({ keep: 0 });
    expect(third.status().chains).to.have.length(1);
  });

  it('refuses the journal of another machine', () => {
    world().journal().store.close();
    world().edit('journal.db', (db) => db.exec("UPDATE meta SET value = 'main' WHERE key = 'machine'"));
    const failure = failureOf(() => world().journal());
    expect([failure.code, failure.details?.['owner']]).to.deep.equal(['CONFLICT', 'main']);
  });
});

describe('forwarding and pruning', () => {
  const world = useWorld();

  it('reads on from what was sent, within bounds of rows and of bytes', () => {
    const { store } = world().journal();
    const { journalId, hashes } = append(store, { records: recordsOf(5) });
    const textsOf = (run = store.readUnacked(bounds)) => run?.entries.map(textOf);
    expect(textsOf(store.readUnacked({ ...bounds, limit: 2 }))).to.deep.equal(['r1', 'r2']);
    expect(textsOf(store.readUnacked({ ...bounds, bytesMax: 5 }))).to.deep.equal(['r1', 'r2']);
    expect(textsOf(store.readUnacked({ ...bounds, bytesMax: 0 }))).to.deep.equal(['r1']);
    const after = { journalId, seq: 4, hash: hashes[3] ?? null };
    expect(textsOf(store.readUnacked({ ...bounds, after }))).to.deep.equal(['r5']);
    expect(store.readUnacked({ ...bounds, after: { journalId, seq: 5, hash: hashes[4] ?? null } })).to.equal(undefined);
    store.acknowledge({ journalId, seq: 3 });
    expect(textsOf()).to.deep.equal(['r4', 'r5']);
    expect(store.readUnacked(bounds)?.previous.hash).to.deep.equal(hashes[2]);
  });

  it('never takes an acknowledgement back, and refuses one for what does not exist', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(3) });
    store.acknowledge({ journalId, seq: 2 });
    store.acknowledge({ journalId, seq: 1 });
    expect(store.status().ackedSeq).to.equal(2);
    expect(failureOf(() => store.acknowledge({ journalId, seq: 4 })).code).to.equal('CONFLICT');
    expect(failureOf(() => store.acknowledge({ journalId: 'unknown', seq: 1 })).code).to.equal('NOT_FOUND');
  });

  it('prunes the oldest acknowledged records and never others', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(10) });
    expect(store.prune({ keep: 0 })).to.deep.equal({ prunedCount: 0, isDone: true });
    store.acknowledge({ journalId, seq: 6 });
    expect(store.prune({ keep: 2 })).to.deep.equal({ prunedCount: 4, isDone: true });
    expect(store.tail({ afterPosition: 0, limit: 100 }).map(({ seq }) => seq)).to.deep.equal([5, 6, 7, 8, 9, 10]);
    expect(store.tail({ afterPosition: 0, limit: 100 }).map(({ integrity }) => integrity)).to.deep.equal(
      Array(6).fill('verified'),
    );
    store.prune({ keep: 0 });
    store.close();
    const { store: reopened, findings } = world().journal();
    expect(findings).to.deep.equal([]);
    expect(pendingOf(reopened).flatMap(({ entries }) => entries.map(textOf))).to.deep.equal(['r7', 'r8', 'r9', 'r10']);
  });

  it('makes records pending again that the log has lost', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(10) });
    store.acknowledge({ journalId, seq: 8 });
    store.prune({ keep: 4 });
    expect(store.rewind({ journalId, seq: 6 })).to.deep.equal({ pendingCount: 4 });
    expect(pendingOf(store)[0]?.entries.map(textOf)).to.deep.equal(['r7', 'r8', 'r9', 'r10']);
    expect(store.rewind({ journalId, seq: 0 })).to.deep.equal({ pendingCount: 6 });
  });

  it('writes the pending records of a chain again into a new one', () => {
    const { store } = world().journal();
    const { journalId } = append(store, { records: recordsOf(5) });
    store.acknowledge({ journalId, seq: 2 });
    const reissued = store.reissue({ journalId, fromSeq: 4, wallMs: 9 });
    expect([reissued.reissuedCount, reissued.damaged]).to.deep.equal([2, []]);
    append(store, { records: recordsOf(1, 'next') });
    expect(pendingOf(store).map(({ journalId: id, entries }) => [id, entries.map(textOf)])).to.deep.equal([
      [reissued.journalId, ['r4', 'r5', 'next1']],
    ]);
    expect(store.status().chains.map(({ status }) => status)).to.deep.equal(['lost-tail', 'open']);
    expect(isSound(verifyStore(world().path('journal.db'), 'journal', () => undefined))).to.equal(true);
  });

  it('shows the records of one stream behind a position', () => {
    const { store } = world().journal();
    append(store, { records: [recordOf('a', 'x'), recordOf('b', 'y'), recordOf('c', 'x')] });
    const [first, second] = store.tail({ afterPosition: 0, limit: 10, stream: 'x' });
    expect([first, second].map((record) => record && textOf(record))).to.deep.equal(['a', 'c']);
    expect(store.tail({ afterPosition: first?.position ?? 0, limit: 10, stream: 'x' })).to.deep.equal([second]);
  });
});

const PAGE_BYTES = 4_096;
/** Of the write-ahead log, before each page. */
const FRAME_HEADER_BYTES = 24;
