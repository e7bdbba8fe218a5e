import { closeSync, existsSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { LogServer } from '../../broker/log-server.js';
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { genesisHash } from '../../common/journal/record.js';
import type { Input } from '../../common/protocol/catalogue.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { decode } from '../../common/protocol/frames/codec.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import { expectRejection } from '../support/expect-error.js';
import { PlainRequester } from '../support/fakes/plain-requester.js';
import { until } from '../support/wait-for.js';
import { ANY_PORT, Chain, connect, LONG_MS, silentLog, temporaryFolder } from './world.js';

describe('log server', () => {
  const folder = temporaryFolder();
  let file: string;
  let server: LogServer;
  let client: RequestClient;
  let chain: Chain;
  let count = 0;

  async function open(
    recordsKept: number = limits.logRecordsKept,
    onReport: (report: ErrorReportInput) => void = () => undefined,
  ): Promise<void> {
    server = new LogServer({
      endpoint: ANY_PORT,
      file,
      machine: 'main',
      recordsKept,
      onReport,
      processMethods: {},
      clock: systemClock,
      log: silentLog,
      onFatal: (error) => {
        throw error;
      },
    });
    await server.open();
    client = connect(server.endpoint);
  }

  async function close(): Promise<void> {
    client.close();
    await server.close();
  }

  beforeEach(async () => {
    file = join(folder.path, String(++count), 'mesh.db');
    chain = new Chain();
    await open();
  });
  afterEach(close);
  after(() => folder.remove());

  const append = (batch: ReturnType<Chain['next']>) => client.request('log.append', batch);

  it('stores the marks of a record with it, proved by its hash', async () => {
    const marks = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', ref: `${'a1'.repeat(32)}/300000`, key: 'order-17' };
    const batch = chain.marked(marks);
    await append(batch);
    expect((await append(batch)).headSeq, 'said again, it is known').to.equal(1);
    await append(chain.next(1));
    const { records } = await client.request('log.read', {});
    expect(records.map(({ trace, ref, key, integrity }) => ({ trace, ref, key, integrity }))).to.deep.equal([
      { ...marks, integrity: 'verified' },
      { trace: undefined, ref: undefined, key: undefined, integrity: 'verified' },
    ]);
    const forged = chain.marked(marks, { key: 'order-18' });
    await expectRejection('JOURNAL_DAMAGED', append(forged));
  });

  it('finds records by what they are, newest or oldest first, page by page', async () => {
    const marks = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', ref: `${'a1'.repeat(32)}/300000` };
    await append(chain.next(3));
    await append(chain.marked(marks));
    await append(chain.next(2, 'errors'));
    const find = async (question: Input<'log.query'>) =>
      (await client.request('log.query', question)).records.map(({ id }) => id);
    expect(await find({})).to.deep.equal([6, 5, 4, 3, 2, 1]);
    expect(await find({ stream: 'errors', order: 'oldest' })).to.deep.equal([5, 6]);
    expect(await find({ trace: marks.trace })).to.deep.equal([4]);
    expect(await find({ sinceMs: 1_002, untilMs: 1_003 })).to.deep.equal([3, 2]);
    expect(await find({ machine: 'main' })).to.deep.equal([]);
    const { records, nextId } = await client.request('log.query', { limit: 4 });
    expect([records.map(({ integrity }) => integrity), nextId]).to.deep.equal([Array(4).fill('verified'), 3]);
    expect(await client.request('log.query', { limit: 4, behindId: 3 })).to.not.have.property('nextId');
  });

  it('stores what it acknowledges, gives it back as it was, and still has it after a restart', async () => {
    const batch = chain.next(3);
    expect(await append(batch)).to.deep.equal({ headSeq: 3 });
    for (const restarted of [false, true]) {
      if (restarted) {
        await close();
        await open();
      }
      const { records, nextId } = await client.request('log.read', {});
      expect(nextId).to.equal(3);
      expect(
        records.map(({ id, seq, machine, agent, integrity }) => [id, seq, machine, agent, integrity]),
      ).to.deep.equal([
        [1, 1, 'pc2', 'echo', 'verified'],
        [2, 2, 'pc2', 'echo', 'verified'],
        [3, 3, 'pc2', 'echo', 'verified'],
      ]);
      expect(records.map(({ body }) => decode(body))).to.deep.equal([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
      expect(records.map(({ hash }) => Buffer.from(hash))).to.deep.equal(batch.entries.map((entry) => entry.at(-1)));
    }
  });

  it('answers hello with how far it is and under which hash, and takes a repeated batch once', async () => {
    const hello = { machine: 'pc2', journalId: chain.journalId, parentId: null };
    const fresh = await client.request('log.hello', hello);
    expect(fresh.headSeq).to.equal(0);
    expect(Buffer.from(fresh.headHash ?? [])).to.deep.equal(genesisHash(chain.journalId));
    const batch = chain.next(5);
    await append(batch);
    await append(batch);
    const known = await client.request('log.hello', hello);
    expect(known.headSeq).to.equal(5);
    expect(Buffer.from(known.headHash ?? [])).to.deep.equal(chain.head.hash);
    expect((await client.request('log.read', { last: 10 })).records).to.have.length(5);
  });

  it('names the other chain of a file that was restored from a backup', async () => {
    const parentId = new Chain().journalId;
    const [first, second] = [new Chain(), new Chain()];
    await client.request('log.hello', { machine: 'pc2', journalId: first.journalId, parentId });
    await append(first.next(1));
    const answer = await client.request('log.hello', { machine: 'pc2', journalId: second.journalId, parentId });
    expect(answer.siblingId).to.equal(first.journalId);
  });

  it('refuses a gap, a fork, a changed record and a foreign chain, each by its code, and stores nothing of them', async () => {
    await append(chain.next(2));
    const skipped = chain.next(1);
    const late = chain.next(1);
    const gap = await expectRejection('JOURNAL_GAP', append(late));
    expect(gap.details).to.deep.include({ headSeq: 2 });
    await expectRejection('CONFLICT', append({ ...skipped, previous: Buffer.alloc(32, 1) }));
    await expectRejection('CONFLICT', append({ ...skipped, machine: 'pc3' }));
    const changed = skipped.entries.map((entry) =>
      entry.length === 7 ? (entry.with(5, Buffer.from([0xc0])) as typeof entry) : entry,
    );
    const damaged = await expectRejection('JOURNAL_DAMAGED', append({ ...skipped, entries: changed }));
    expect(damaged.details).to.deep.include({ seq: 3 });
    expect(await append(skipped)).to.deep.equal({ headSeq: 3 });
    expect(await append(late)).to.deep.equal({ headSeq: 4 });
    expect(server.counters['log.appendsRefused']).to.equal(4);
  });

  it('takes a hole for a record that its machine lost, and goes on behind it', async () => {
    const { entries, ...batch } = chain.next(3);
    const holed = entries.map((entry) =>
      entry[0] === 2 ? ([2, entry.at(-1) as Uint8Array, 'damaged on its machine'] as const) : entry,
    );
    expect(await append({ ...batch, entries: holed as typeof entries })).to.deep.equal({ headSeq: 3 });
    expect((await client.request('log.read', {})).records.map(({ seq }) => seq)).to.deep.equal([1, 3]);
  });

  it('reads by stream, machine and agent, in pages that continue where the last one ended', async () => {
    const other = new Chain('main', 'probe');
    await append(chain.next(3, 'metrics'));
    await append(other.next(2, 'checks'));
    await append(chain.next(2, 'checks'));
    const seqs = async (filter: Parameters<typeof client.request<'log.read'>>[1]) =>
      (await client.request('log.read', filter)).records.map(({ machine, seq }) => `${machine}:${seq}`);
    expect(await seqs({ stream: 'checks' })).to.deep.equal(['main:1', 'main:2', 'pc2:4', 'pc2:5']);
    expect(await seqs({ machine: 'main' })).to.deep.equal(['main:1', 'main:2']);
    expect(await seqs({ agent: 'probe', stream: 'metrics' })).to.deep.equal([]);
    expect(await seqs({ last: 2 })).to.deep.equal(['pc2:4', 'pc2:5']);
    const page = await client.request('log.read', { stream: 'checks', limit: 2 });
    expect(await seqs({ stream: 'checks', afterId: page.nextId })).to.deep.equal(['pc2:4', 'pc2:5']);
  });

  it('keeps an answer below the frame limit however large the records are', async () => {
    const body = Buffer.alloc(limits.recordBodyBytesMax - 8, 1);
    for (let i = 0; i < 10; i++) await append(chain.next(3, 'large', () => body));
    let afterId = 0;
    const seqs: number[] = [];
    for (let pages = 1; seqs.length < 30; pages++) {
      const { records, nextId } = await client.request('log.read', { afterId, limit: limits.logReadMax });
      expect(records.length).to.be.within(1, 16);
      seqs.push(...records.map(({ seq }) => seq));
      afterId = nextId;
      expect(pages).to.be.below(10);
    }
    expect(seqs).to.deep.equal(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  it('wakes a read that waits as soon as a record is stored, and leaves one asleep that asks for others', async () => {
    await append(chain.next(2));
    const plain = new PlainRequester(server.endpoint);
    const { nextId } = await client.request('log.read', { last: 0 });
    const waiting = plain.ask('log.read', { afterId: nextId, waitMs: LONG_MS }) as Promise<{
      records: { seq: number }[];
    }>;
    const forErrors = client.request(
      'log.read',
      { stream: 'errors', afterId: nextId, waitMs: LONG_MS },
      { timeoutMs: LONG_MS },
    );
    await until(() => server.counters['log.readers'] === 2);
    await append(chain.next(1));
    expect((await waiting).records.map(({ seq }) => seq)).to.deep.equal([3]);
    await until(() => server.counters['log.readers'] === 1);
    await append(chain.errors(1, { message: 'at last' }));
    expect((await forErrors).records.map(({ seq }) => seq)).to.deep.equal([4]);
    plain.close();
  });

  it('misses no record between two reads, however appends and reads fall', async () => {
    const total = 200;
    const reader = (async () => {
      const seqs: number[] = [];
      for (let afterId = 0; seqs.length < total; ) {
        const page = await client.request('log.read', { afterId, waitMs: LONG_MS }, { timeoutMs: LONG_MS });
        seqs.push(...page.records.map(({ seq }) => seq));
        afterId = page.nextId;
      }
      return seqs;
    })();
    for (let i = 0; i < total; i++) await append(chain.next(1));
    expect(await reader).to.deep.equal(Array.from({ length: total }, (_, i) => i + 1));
  });

  it('answers the reads that it holds when it closes', async () => {
    const read = client.request('log.read', { waitMs: LONG_MS }, { timeoutMs: LONG_MS });
    await until(() => server.counters['log.readers'] === 1);
    await server.close();
    expect(await read).to.deep.include({ records: [], nextId: 0 });
  });

  it('groups errors, latest first, and shows one group by the start of its fingerprint', async () => {
    await append(
      chain.errors(3, { code: 'DISK_FULL', message: 'no room on /data/disk1 after 3 tries', severity: 'critical' }),
    );
    await append(chain.errors(1, { code: 'SLOW', message: 'took 300 ms' }));
    const { groups } = await client.request('log.errors', {});
    expect(
      groups.map(({ code, count, severity, machine, agent }) => [code, count, severity, machine, agent]),
    ).to.deep.equal([
      ['SLOW', 1, 'error', 'pc2', 'echo'],
      ['DISK_FULL', 3, 'critical', 'pc2', 'echo'],
    ]);
    const prefix = groups[1]?.fingerprint.slice(0, 8) ?? '';
    const { group, occurrences } = await client.request('log.error', { fingerprint: prefix });
    expect(group).to.deep.equal(groups[1]);
    expect(occurrences.map(({ seq }) => seq)).to.deep.equal([3, 2, 1]);
    await expectRejection('NOT_FOUND', client.request('log.error', { fingerprint: 'abcd1234abcd1234' }));
  });

  it('answers a list of errors below the frame limit, whatever their messages', async () => {
    const kinds = 700;
    const text = 'x'.repeat(limits.errorTextMax - 100);
    const word = (i: number) => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    for (let i = 0; i < kinds; i += 100) {
      await append(
        chain.next(100, 'errors', (seq) => ({
          code: `KIND-${word(seq)}`,
          message: text,
          severity: 'error',
          component: 'test',
        })),
      );
    }
    const { groups } = await client.request('log.errors', { limit: limits.logReadMax });
    expect(groups.length).to.be.within(400, kinds - 1);
    expect(groups[0]?.code).to.equal(`KIND-${word(kinds)}`);
  });

  it('prunes its oldest records to the bound, in the background, and reads go on behind them', async () => {
    await close();
    await open(10);
    await append(chain.next(50));
    await server.prune();
    const { records } = await client.request('log.read', {});
    expect(records.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 10 }, (_, i) => 41 + i));
    expect(server.counters['log.pruned']).to.equal(40);
    expect(await append(chain.next(1))).to.deep.equal({ headSeq: 51 });
  });

  it('says in its status what it holds, and that a damaged file was put aside', async () => {
    await append(chain.next(2));
    const status = await client.request('log.status', {});
    expect(status).to.deep.include({ headId: 2, degraded: '' });
    expect(status.journals).to.deep.equal([{ journalId: chain.journalId, machine: 'pc2', headSeq: 2 }]);
    await close();
    writeFileSync(file, Buffer.alloc(8_192, 0x5a));
    const codes: string[] = [];
    await open(limits.logRecordsKept, ({ code = '' }) => codes.push(code));
    expect(codes).to.deep.equal(['LOG_QUARANTINED']);
    const after = await client.request('log.status', {});
    expect(after.headId).to.equal(0);
    expect(after.degraded).to.contain('damaged');
    expect(readdirSync(join(file, '..')).some((name) => name !== 'mesh.db' && !name.startsWith('mesh.db-'))).to.equal(
      true,
    );
    expect(existsSync(file)).to.equal(true);
  });

  it('says in its status and on the error bus, once, when its file is found damaged while it is open, and takes records all the same', async () => {
    await close();
    const reports: ErrorReportInput[] = [];
    await open(limits.logRecordsKept, (report) => reports.push(report));
    for (let batch = 0; batch < 10; batch++) await append(chain.next(1_000, 'metrics', () => Buffer.alloc(700)));
    const db = new Database(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, Buffer.alloc(1024 ** 2, 0x5a), 0, 1024 ** 2, 1024 ** 2);
    closeSync(descriptor);
    for (const name of ['once', 'again'])
      await expectRejection('JOURNAL_DAMAGED', readAll()).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
    expect((await client.request('log.status', {})).degraded).to.contain('is damaged');
    expect(reports.map(({ code }) => code)).to.deep.equal(['LOG_FILE_DAMAGED']);
    expect(await append(chain.next(1))).to.deep.equal({ headSeq: 10_001 });
    expect((await client.request('log.status', {})).degraded, 'it stays so').to.contain('is damaged');
  });

  async function readAll(): Promise<void> {
    for (let afterId = 0; afterId < 10_000; ) {
      const { nextId } = await client.request('log.read', { afterId, limit: 1_000 });
      afterId = nextId;
    }
  }
});
