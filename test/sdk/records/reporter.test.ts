import { expect } from 'chai';
import { Reporter } from '../../../agents/sdk/records/emitting/reporter.js';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { Input, Output } from '../../../common/protocol/catalogue.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { fakeServer } from '../../support/fakes/fake-server.js';
import { until } from '../../support/wait-for.js';

type Batch = Input<'error.reports'>;

/** A node that speaks the protocol, remembers every batch and answers as the test says. */
class FakeNode {
  readonly batches: Batch[] = [];
  answer: (batch: Batch) => Output<'error.reports'> | Promise<Output<'error.reports'>> = placesOf;
  readonly #server = fakeServer({
    'error.reports': (batch) => {
      this.batches.push(batch);
      return this.answer(batch);
    },
  });

  async open(): Promise<string> {
    await this.#server.open();
    return this.#server.endpoint;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  get count(): number {
    return this.batches.flatMap(({ reports }) => reports).reduce((sum, { report }) => sum + (report.count ?? 1), 0);
  }
}

const placesOf = ({ firstSeq, reports }: Batch): Output<'error.reports'> => ({
  places: reports.map((_, index) => ({
    journalId: '0123456789abcdefghjk',
    seq: firstSeq + index,
    hash: Buffer.alloc(32, 7),
    folded: index > 0,
  })),
});

describe('errors of one process', () => {
  let node: FakeNode;
  let client: RequestClient;
  let reporter: Reporter;

  beforeEach(async () => {
    node = new FakeNode();
    client = new RequestClient({
      endpoint: await node.open(),
      name: 'echo@pc2',
      peer: 'the node',
      frameBytesMax: limits.controlFrameBytesMax,
    });
    reporter = new Reporter(client, { agent: 'echo', epoch: 7 }, systemClock);
  });

  afterEach(async () => {
    await reporter.close(10);
    client.close();
    await node.close();
  });

  const report = (message: string, stack = '') =>
    reporter.report({ message, code: 'E', ...(stack === '' ? {} : { stack }) }, {}, '');

  it('name the release of their program, unless they say one themselves', async () => {
    const released = new Reporter(client, { agent: 'bill', epoch: 7 }, systemClock, '1.4.2');
    await Promise.all([
      released.report(new Error('thrown'), {}, ''),
      released.report({ message: 'told' }, {}, ''),
      released.report({ message: 'of another', release: '1.4.3' }, {}, ''),
      released.report(new Error('of a third'), { release: '1.4.4' }, ''),
      report('of nobody knows which'),
    ]);
    await released.close(10);
    const releases = node.batches.flatMap(({ reports }) =>
      reports.map(({ report: { message, release } }) => [message, release]),
    );
    expect(new Map(releases.map(([message = '', release]) => [message, release]))).to.deep.equal(
      new Map([
        ['thrown', '1.4.2'],
        ['told', '1.4.2'],
        ['of another', '1.4.3'],
        ['of a third', '1.4.4'],
        ['of nobody knows which', undefined],
      ]),
    );
  });

  it('that say the same while a batch is under way are one with a count, and each is told where that is', async () => {
    let release: () => void = () => undefined;
    node.answer = async (batch) => {
      if (batch.firstSeq === 1)
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      return placesOf(batch);
    };
    const first = report('a');
    await until(() => node.batches.length === 1);
    const others = [report('a'), report('b'), report('a'), report('a')];
    release();
    const [one, ...rest] = await Promise.all([first, ...others]);
    expect(one).to.deep.include({ seq: 1, folded: false });
    expect(rest.map(({ seq, folded }) => [seq, folded])).to.deep.equal([2, 3, 2, 2].map((seq) => [seq, seq === 3]));
    const [, second] = node.batches;
    expect(second?.reports.map(({ report: { message, count = 1 } }) => [message, count])).to.deep.equal([
      ['a', 3],
      ['b', 1],
    ]);
    const counted = second?.reports[0];
    expect(counted?.report.lastMs).to.equal(counted?.tsMs);
    expect(counted?.report.firstMs).to.be.at.most(counted?.tsMs ?? 0);
  });

  it('are sent again unchanged until the node answers', async () => {
    let refusals = 2;
    node.answer = (batch) => {
      if (refusals-- > 0) throw new MeshError('QUEUE_FULL');
      return placesOf(batch);
    };
    const told = report('a');
    await until(() => node.batches.length === 2);
    void report('a');
    await told;
    expect(node.batches.slice(0, 3).map(({ firstSeq, reports }) => [firstSeq, reports.length])).to.deep.equal(
      Array(3).fill([1, 1]),
    );
    await until(() => node.batches.length === 4);
    expect(node.batches.at(-1)?.firstSeq).to.equal(2);
  });

  it('in a loop that awaits none of them are few batches, and all of them are counted', async () => {
    let last: Promise<unknown> = Promise.resolve();
    for (let i = 0; i < 100_000; i++) last = report('disk is full');
    await last;
    expect(node.count).to.equal(100_000);
    expect(node.batches).to.have.length(1);
  });

  it('that all differ are counted with those of the same place when there are too many', async () => {
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 3_000; i++)
      all.push(report(`job ${i} failed`, `Error: job ${i} failed\n    at run (/app/jobs.js:1:1)`));
    for (let i = 0; i < 3_000; i++) all.push(report(`no ${i.toString(2).replaceAll('0', 'a').replaceAll('1', 'b ')}`));
    await Promise.all(all);
    expect(node.count).to.equal(6_000);
    const counts = node.batches
      .flatMap(({ reports }) => reports)
      .map(({ report: { code, count = 1 } }) => [code, count]);
    expect(counts).to.have.length(2 * limits.reportBatchMax + 1);
    expect(counts).to.deep.include(['E', 3_000 - limits.reportBatchMax]);
    expect(counts.at(-1)?.[0]).to.equal('ERRORS_FOLDED');
  });

  it('are refused where they may not be told, and when their process ends first', async () => {
    node.answer = () => {
      throw new MeshError('DENIED');
    };
    expect(await codeOf(report('a'))).to.equal('DENIED');
    node.answer = () => new Promise(() => undefined);
    const late = codeOf(report('b'));
    await until(() => node.batches.length === 2);
    await reporter.close(1);
    expect(await late).to.equal('CLOSED');
    expect(await codeOf(report('c'))).to.equal('CLOSED');
  });
});

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: MeshError) => error.code,
  );
