import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { overflowGroup, unreadableGroup } from '../../../common/journal/errors/error-group.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import { type ChainEntry, genesisHash } from '../../../common/journal/record.js';
import { answerOf, chainOf, codeOf, failureOf, recordOf, recordsOf, send, textOf, useWorld } from '../world.js';

describe('the log taking entries', () => {
  const world = useWorld();
  const chain = chainOf('j1', recordsOf(6));
  const texts = (log: LogStore) => log.read({}).records.map(textOf);

  it('begins a chain at its first entry and says how far it holds it', () => {
    const log = world().log();
    expect(log.hello({ journalId: 'j1', machine: 'pc2' })).to.deep.equal({ headSeq: 0, headHash: genesisHash('j1') });
    expect(answerOf(send(log, chain.slice(0, 3)))).to.include({ headSeq: 3 });
    expect(log.hello({ journalId: 'j1', machine: 'pc2' })).to.deep.equal({ headSeq: 3, headHash: chain[2]?.hash });
  });

  it('stores each entry once, however often and in whatever overlap it is sent, also after reopening', () => {
    const log = world().log();
    const overlaps: [from: number, to: number][] = [
      [0, 3],
      [0, 3],
      [1, 4],
      [2, 3],
    ];
    for (const [from, to] of overlaps) send(log, chain.slice(from, to));
    log.close();
    const again = world().log();
    expect(answerOf(send(again, chain))).to.include({ headSeq: 6 });
    expect(texts(again)).to.deep.equal(['r1', 'r2', 'r3', 'r4', 'r5', 'r6']);
  });

  it('refuses a gap and says where to begin', () => {
    const log = world().log();
    send(log, chain.slice(0, 2));
    const outcome = send(log, chain.slice(3));
    expect(codeOf(outcome)).to.equal('JOURNAL_GAP');
    expect(outcome?.ok === false && outcome.error.details?.['headSeq']).to.equal(2);
  });

  it('refuses another entry under a number it holds, and leaves its own', () => {
    const log = world().log();
    send(log, chain);
    const outcome = send(log, chainOf('j1', recordsOf(6, 'other')).slice(3, 4));
    expect(codeOf(outcome)).to.equal('CONFLICT');
    expect(outcome?.ok === false && outcome.error.details).to.deep.equal({ journalId: 'j1', seq: 4 });
    expect(texts(log)).to.have.length(6);
  });

  it('refuses a chain that forked before the batch', () => {
    const log = world().log();
    send(log, chain.slice(0, 3));
    const fork = chainOf('j1', recordsOf(6, 'other'));
    const [outcome] = log.appendBatches([
      { journalId: 'j1', machine: 'pc2', previousHash: fork[2]?.hash ?? null, entries: fork.slice(3) },
    ]);
    expect(codeOf(outcome)).to.equal('CONFLICT');
  });

  it('takes nothing of a batch with a changed record, and the others of its group', () => {
    const log = world().log();
    const changed = chain.map((entry) => (entry.seq === 3 ? { ...entry, body: Buffer.from('changed') } : entry));
    const other = chainOf('j2', recordsOf(1, 'other'));
    const outcomes = log.appendBatches([
      { journalId: 'j1', machine: 'pc2', entries: changed },
      { journalId: 'j2', machine: 'main', entries: other },
    ]);
    expect(outcomes.map(codeOf)).to.deep.equal(['JOURNAL_DAMAGED', undefined]);
    expect(texts(log)).to.deep.equal(['other1']);
    expect(log.hello({ journalId: 'j1', machine: 'pc2' }).headSeq).to.equal(0);
  });

  it('refuses entries out of order and hashes that are none', () => {
    const log = world().log();
    const hole: ChainEntry = { kind: 'hole', seq: 1, hash: Buffer.alloc(3), reason: 'x' };
    const reversed = [...chain].reverse();
    expect([send(log, reversed), send(log, [hole])].map(codeOf)).to.deep.equal(['INVALID_INPUT', 'INVALID_INPUT']);
  });

  it('stores a hole as a hole, and goes on from the hash it names', () => {
    const log = world().log();
    const holed = chain.map(
      (entry): ChainEntry => (entry.seq === 3 ? { kind: 'hole', seq: 3, hash: entry.hash, reason: 'lost' } : entry),
    );
    expect(answerOf(send(log, holed))).to.include({ headSeq: 6 });
    expect(answerOf(send(log, holed))).to.include({ headSeq: 6 });
    expect(texts(log)).to.deep.equal(['r1', 'r2', 'r4', 'r5', 'r6']);
    expect(log.read({}).records.map(({ integrity }) => integrity)).to.deep.equal(Array(5).fill('verified'));
    expect(log.status().holeCount).to.equal(1);
  });

  it('takes the record behind a hole without a hash on its word, and verifies what follows', () => {
    const log = world().log();
    const entries = chain.map(
      (entry): ChainEntry => (entry.seq === 3 ? { kind: 'hole', seq: 3, hash: null, reason: 'lost' } : entry),
    );
    send(log, entries.slice(0, 3));
    expect(log.hello({ journalId: 'j1', machine: 'pc2' })).to.deep.equal({ headSeq: 3, headHash: null });
    send(log, entries.slice(3, 4));
    const changed = entries.slice(4).map((entry) => ({ ...entry, body: Buffer.from('changed') }));
    expect(codeOf(send(log, changed))).to.equal('JOURNAL_DAMAGED');
    send(log, entries.slice(4));
    expect(log.read({}).records.map(({ integrity }) => integrity)).to.deep.equal([
      'verified',
      'verified',
      'unverifiable',
      'verified',
      'verified',
    ]);
  });

  it('keeps a chain to the machine it came from', () => {
    const log = world().log();
    send(log, chain.slice(0, 1));
    expect(codeOf(send(log, chain.slice(1), 'j1', 'main'))).to.equal('CONFLICT');
    expect(failureOf(() => log.hello({ journalId: 'j1', machine: 'main' })).code).to.equal('CONFLICT');
  });

  it('says so when an entry it should hold is not there', () => {
    const log = world().log();
    send(log, chain);
    world().edit('mesh.db', (db) => db.exec('DELETE FROM records WHERE seq = 2'));
    expect(codeOf(send(log, chain))).to.equal('JOURNAL_DAMAGED');
  });

  it('is put aside when the mark of a chain was changed: entries would be swallowed as duplicates', () => {
    const log = world().log();
    send(log, chain);
    log.close();
    world().edit('mesh.db', (db) => db.exec('UPDATE journals SET head_seq = head_seq + 10'));
    expect(world().log().status().headId).to.equal(0);
  });
});

describe('reading the log', () => {
  const world = useWorld();

  function filled(): LogStore {
    const log = world().log();
    send(log, chainOf('j1', [recordOf('a1', 'x'), recordOf('a2', 'y', 'http'), recordOf('a3', 'x')]));
    send(log, chainOf('j2', [recordOf('b1', 'x'), recordOf('b2', 'y')]), 'j2', 'main');
    return log;
  }

  it('filters by stream, machine and agent, and pages in both directions', () => {
    const log = filled();
    const read = (options: Parameters<LogStore['read']>[0]) => {
      const { records, nextId } = log.read(options);
      return [records.map(textOf).join(' '), nextId];
    };
    expect(read({})).to.deep.equal(['a1 a2 a3 b1 b2', 5]);
    expect(read({ stream: 'x' })).to.deep.equal(['a1 a3 b1', 5]);
    expect(read({ machine: 'main', stream: 'y' })).to.deep.equal(['b2', 5]);
    expect(read({ agent: 'http' })).to.deep.equal(['a2', 5]);
    expect(read({ afterId: 1, limit: 2 })).to.deep.equal(['a2 a3', 3]);
    expect(read({ stream: 'y', limit: 1 })).to.deep.equal(['a2', 2]);
    expect(read({ afterId: 5 })).to.deep.equal(['', 5]);
    expect(read({ last: 2 })).to.deep.equal(['b1 b2', 5]);
    expect(read({ last: 0 })).to.deep.equal(['', 5]);
    expect(read({ beforeId: 3, limit: 1 })).to.deep.equal(['a2', 5]);
  });

  it('answers no more than fits a frame, and goes on from there', () => {
    const log = world().log();
    const body = new Uint8Array(limits.recordBodyBytesMax);
    const count = limits.logReadBytesMax / limits.recordBodyBytesMax + 2;
    send(
      log,
      chainOf(
        'j1',
        Array.from({ length: count }, () => ({ ...recordOf(''), body })),
      ),
    );
    const first = log.read({});
    expect(first.records).to.have.length(count - 2);
    expect(log.read({ afterId: first.nextId }).records).to.have.length(2);
    expect(log.read({ last: count }).records.map(({ id }) => id)).to.deep.equal(
      Array.from({ length: count - 2 }, (_, index) => index + 3),
    );
  });

  it('says which record is not what was sent', () => {
    const log = filled();
    world().edit('mesh.db', (db) => db.exec("UPDATE records SET body = x'00' WHERE id = 2"));
    expect(log.read({}).records.map(({ integrity }) => integrity)).to.deep.equal([
      'verified',
      'damaged',
      'verified',
      'verified',
      'verified',
    ]);
  });

  it('forgets chains of which it holds nothing and that are far back, with their holes, and never the newest of a machine', () => {
    const log = world().log();
    const hole: ChainEntry = { kind: 'hole', seq: 3, hash: null, reason: 'its row is missing' };
    answerOf(send(log, [...chainOf('first', recordsOf(2)), hole], 'first'));
    answerOf(send(log, chainOf('lasting', recordsOf(2)), 'lasting', 'pc3'));
    const openings = Array.from({ length: limits.logChainsKept }, (_, opening) => {
      const journalId = `j${opening}`;
      return { journalId, machine: 'pc2', entries: chainOf(journalId, recordsOf(1)) };
    });
    log.appendBatches(openings);
    const retain = () => log.retain({ rules: [], wallMs: 1, after: '' });
    const names = () => log.status().journals.map(({ journalId }) => journalId);
    retain();
    expect(names().slice(0, 3), 'what is held is known').to.deep.equal(['first', 'lasting', 'j0']);
    log.prune({ keep: 0 });
    retain();
    expect(names().slice(0, 2)).to.deep.equal(['lasting', 'j0']);
    expect([names().length, log.status().holeCount]).to.deep.equal([limits.logChainsKept + 1, 0]);
    expect(answerOf(send(log, chainOf('lasting', recordsOf(3)).slice(1), 'lasting', 'pc3'))).to.include({ headSeq: 3 });
    expect(log.read({}).records.map(textOf)).to.deep.equal(['r3']);
  });

  it('prunes the oldest and never reuses an id; repeats of what was pruned are still duplicates', () => {
    const log = filled();
    expect(log.prune({ keep: 2 })).to.deep.equal({ prunedCount: 3, isDone: true, losses: [] });
    expect(log.prune({ keep: 2 })).to.deep.equal({ prunedCount: 0, isDone: true, losses: [] });
    expect(log.read({}).records.map(textOf)).to.deep.equal(['b1', 'b2']);
    expect(log.prune({ keep: 0 }).prunedCount).to.equal(2);
    const chain = chainOf('j1', [
      recordOf('a1', 'x'),
      recordOf('a2', 'y', 'http'),
      recordOf('a3', 'x'),
      recordOf('a4'),
    ]);
    expect(answerOf(send(log, chain))).to.include({ headSeq: 4 });
    expect(log.read({}).records.map(({ id, integrity }) => [id, integrity])).to.deep.equal([[6, 'unverifiable']]);
  });
});

describe('error groups', () => {
  const world = useWorld();
  const error = (kind: string, tsMs = 1) => ({ ...recordOf(kind, 'errors'), tsMs });
  const open = () =>
    world().log({
      groupOf: (body) => {
        const fingerprint = Buffer.from(body).toString();
        if (fingerprint === 'throw') throw new Error('unreadable');
        const report = { code: 'X', message: fingerprint, severity: 'error', component: 'c' };
        return fingerprint === 'none' ? undefined : { fingerprint, report };
      },
    });

  it('count each error exactly once, with its first and last time', () => {
    const log = open();
    const chain = chainOf('j1', [error('aa', 5), error('ab', 6), recordOf('aa'), error('aa', 9), error('aa', 3)]);
    send(log, chain.slice(0, 4));
    send(log, chain);
    expect(log.errorGroups({ limit: 10 }).map(({ fingerprint, count }) => [fingerprint, count])).to.deep.equal([
      ['aa', 3],
      ['ab', 1],
    ]);
    const { group, occurrences } = log.errorGroup({ prefix: 'aa', limit: 2 });
    expect([group.firstSeenMs, group.lastSeenMs, group.machine, group.status]).to.deep.equal([3, 9, 'pc2', 'open']);
    expect(occurrences.map(({ id }) => id)).to.deep.equal([5, 4]);
    expect(group.lastId).to.equal(5);
  });

  it('are found by the start of their fingerprint', () => {
    const log = open();
    send(log, chainOf('j1', [error('aa'), error('ab'), error('b%')]));
    expect(log.errorGroup({ prefix: 'b', limit: 1 }).group.fingerprint).to.equal('b%');
    expect(['a', '%', 'zz'].map((prefix) => failureOf(() => log.errorGroup({ prefix, limit: 1 })).code)).to.deep.equal([
      'CONFLICT',
      'NOT_FOUND',
      'NOT_FOUND',
    ]);
  });

  it('count bodies that are no errors, and do not stop at them', () => {
    const log = open();
    expect(answerOf(send(log, chainOf('j1', [error('none'), error('throw'), error('aa')])))).to.include({
      headSeq: 3,
    });
    expect(log.errorGroup({ prefix: unreadableGroup.fingerprint, limit: 5 }).group.count).to.equal(2);
  });

  it('are bounded: further kinds are counted together', () => {
    const log = open();
    const errors = Array.from({ length: limits.errorGroupsMax + 5 }, (_, index) => error(`kind ${index}`));
    send(log, chainOf('j1', errors));
    expect(log.status().errorGroupCount).to.equal(limits.errorGroupsMax + 1);
    expect(log.errorGroup({ prefix: overflowGroup.fingerprint, limit: 1 }).group.count).to.equal(5);
  });

  it('keep their counts when their records are pruned', () => {
    const log = open();
    send(log, chainOf('j1', [error('aa'), error('aa')]));
    log.prune({ keep: 0 });
    const { group, occurrences } = log.errorGroup({ prefix: 'aa', limit: 5 });
    expect([group.count, occurrences]).to.deep.equal([2, []]);
  });
});
