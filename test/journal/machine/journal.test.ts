import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { Log } from '../../../common/journal/log/log.js';
import { Journal } from '../../../common/journal/machine/journal.js';
import { encode } from '../../../common/protocol/frames/codec.js';
import { append, failureOfPromise, pendingOf, recordOf, recordsOf, textOf, useWorld } from '../world.js';

const writer = fileURLToPath(new URL('../../fixtures/journal-writer.js', import.meta.url));

describe('the journal and the log of a process', () => {
  const world = useWorld();
  const open = async () => (await Journal.open({ file: world().path('journal.db'), machine: 'pc2' })).journal;

  it('carry records from the emitter to the log and acknowledge them, with every hash verified', async () => {
    const journal = await open();
    const { log, findings } = await Log.open({ file: world().path('mesh.db') });
    try {
      expect(findings).to.deep.equal([]);
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => journal.append({ records: recordsOf(5, `${index}-`) })),
      );
      const run = await journal.readUnacked({ limit: 1_000, bytesMax: 1_000_000 });
      if (run === undefined) throw new Error('there are records');
      const { journalId, entries, previous } = run;
      expect((await log.hello({ journalId, machine: 'pc2' })).headSeq).to.equal(0);
      const { headSeq } = await log.append({ journalId, machine: 'pc2', previousHash: previous.hash, entries });
      await journal.acknowledge(journalId, headSeq);
      expect((await journal.status()).pendingCount).to.equal(0);
      const verdict = verifyStore(world().path('journal.db'), 'journal', () => undefined);
      expect(verdict).to.include({ checkedCount: 100, damagedCount: 0, missingCount: 0 });
      expect(await journal.hashAt(journalId, 100)).to.deep.equal(
        (await log.hello({ journalId, machine: 'pc2' })).headHash,
      );
      expect(await journal.prune(10)).to.equal(90);
      const { records } = await log.read({ last: 1 });
      expect(records.map(textOf)).to.deep.equal((await journal.tail({ afterPosition: 99, limit: 5 })).map(textOf));
      expect([await log.headId(), await log.prune(40), (await log.status()).oldestId]).to.deep.equal([100, 60, 61]);
    } finally {
      await Promise.all([journal.close(), log.close()]);
    }
  });

  it('give what has piled up in shorter runs than what was just stored: others are stored between them', async () => {
    const journal = await open();
    const countOf = async (after?: { journalId: string; seq: number; hash: Uint8Array | null }) => {
      const options = { limit: limits.recordBatchMax, bytesMax: limits.recordBatchBytesMax };
      return (await journal.readUnacked(after === undefined ? options : { ...options, after }))?.entries.length;
    };
    try {
      const { journalId, hashes } = await journal.append({ records: recordsOf(1) });
      await journal.append({ records: recordsOf(limits.recordBatchMax) });
      expect(await countOf()).to.equal(limits.backlogBatchMax);
      expect(await countOf({ journalId, seq: 1, hash: hashes[0] ?? null })).to.equal(limits.recordBatchMax);
    } finally {
      await journal.close();
    }
  });

  it('group the error reports of the stream of errors', async () => {
    const journal = await open();
    const { log } = await Log.open({ file: world().path('mesh.db') });
    try {
      const report = (message: string) => ({
        ...recordOf('', 'errors'),
        body: encode({ code: 'DISK', message, severity: 'error', component: 'disk' }),
      });
      await journal.append({
        records: [report('sda1 is 91 % full'), report('sda1 is 92 % full'), report('sdb is gone')],
      });
      const run = await journal.readUnacked({ limit: 10, bytesMax: 1_000_000 });
      await log.append({ journalId: run?.journalId ?? '', machine: 'pc2', entries: run?.entries ?? [] });
      const groups = await log.errorGroups({ limit: 10 });
      expect(groups.map(({ message, count }) => [message, count])).to.deep.equal([
        ['sdb is gone', 1],
        ['sda1 is 92 % full', 2],
      ]);
      const { occurrences } = await log.errorGroup(groups[1]?.fingerprint ?? '', 5);
      expect(occurrences.map(({ seq }) => seq)).to.deep.equal([2, 1]);
    } finally {
      await Promise.all([journal.close(), log.close()]);
    }
  });

  it('take bodies that are views of a large frame', async () => {
    const journal = await open();
    const frame = Buffer.alloc(1_000_000, 'abc');
    await journal.append({ records: [0, 1, 2].map((at) => ({ ...recordOf(''), body: frame.subarray(at, at + 3) })) });
    expect((await journal.tail({ afterPosition: 0, limit: 9 })).map(textOf)).to.deep.equal(['abc', 'bca', 'cab']);
    await journal.close();
  });

  it('hand over a checkpoint and what was found at opening', async () => {
    writeFileSync(world().path('journal.db'), 'broken');
    const { journal, findings } = await Journal.open({ file: world().path('journal.db'), machine: 'pc2' });
    expect(findings.map(({ kind }) => kind)).to.deep.equal(['quarantined']);
    await journal.append({ records: [], checkpoint: { agent: 'w', name: 'pos', bytes: Buffer.from('42') } });
    expect(Buffer.from((await journal.checkpoint('w', 'pos')) ?? []).toString()).to.equal('42');
    await journal.close();
  });

  it('leave the whole write-ahead log in the file when they are closed, twice if need be', async () => {
    const journal = await open();
    await journal.append({ records: recordsOf(3) });
    await Promise.all([journal.close(), journal.close()]);
    expect(existsSync(world().path('journal.db-wal'))).to.equal(false);
    expect((await failureOfPromise(journal.append({ records: recordsOf(1) }))).code).to.equal('CLOSED');
    expect(statSync(world().path('journal.db')).size).to.be.greaterThan(0);
  });

  it('end their thread when they cannot be opened', async () => {
    const first = await open();
    await first.close();
    const failure = await failureOfPromise(Journal.open({ file: world().path('journal.db'), machine: 'main' }));
    expect(failure.code).to.equal('CONFLICT');
  });
});

describe('a node killed with SIGKILL while it appends', () => {
  const world = useWorld();

  /** Lets the writer run until it has acknowledged `count` batches, kills it, and returns all it acknowledged. */
  async function killedAfter(count: number): Promise<{ journalId: string; seq: number; hash: string }[]> {
    const child = spawn(process.execPath, [writer, world().path('journal.db')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'close');
    const acknowledged: { journalId: string; seq: number; hash: string }[] = [];
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(JSON.parse(line));
      if (acknowledged.length === count) child.kill('SIGKILL');
    }
    await exited;
    return acknowledged;
  }

  it('has everything it acknowledged, under the same hash, and nothing twice', async () => {
    const acknowledged = [];
    for (const count of [1, 40, 300]) acknowledged.push(...(await killedAfter(count)));

    const { store, findings } = world().journal();
    expect(findings).to.deep.equal([]);
    for (const { journalId, seq, hash } of acknowledged) {
      expect(Buffer.from(store.hashAt({ journalId, seq }) ?? []).toString('hex')).to.equal(hash);
    }
    const texts = pendingOf(store).flatMap(({ entries }) => entries.map(textOf));
    expect(new Set(texts).size).to.equal(texts.length);
    expect(texts.filter((text) => text.startsWith('hole'))).to.deep.equal([]);
    expect(append(store, { records: recordsOf(1) }).firstSeq).to.equal(1);
  });
});
