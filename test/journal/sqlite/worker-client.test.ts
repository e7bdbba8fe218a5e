import { expect } from 'chai';
import type { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { WorkerClient } from '../../../common/journal/sqlite/worker-client.js';
import type { FrailOperations } from '../../fixtures/frail-worker.js';
import { failureOfPromise } from '../world.js';

describe('a store in a thread of its own', () => {
  let client: WorkerClient<FrailOperations>;
  let fatal: MeshError[];
  const gate = () => new Int32Array(new SharedArrayBuffer(4));
  const openGate = (flag: Int32Array) => {
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  const waitAt = (flag: Int32Array) => client.call('wait', flag.buffer as SharedArrayBuffer);

  beforeEach(() => {
    fatal = [];
    client = new WorkerClient<FrailOperations>({
      entry: new URL('../../fixtures/frail-worker.js', import.meta.url),
      what: 'the frail store',
      onFatal: (error) => fatal.push(error),
    });
  });
  afterEach(() => client.close());

  it('commits together what gathered while it was busy, up to its bound of rows', async () => {
    const flag = gate();
    const busy = waitAt(flag);
    const appends = [1, 2, 3].map((rowCount) => client.call('append', rowCount));
    const large = [limits.groupCommitRowsMax, 1].map((rowCount) => client.call('append', rowCount));
    openGate(flag);
    await busy;
    expect(await Promise.all(appends)).to.deep.equal([3, 3, 3]);
    expect(await Promise.all(large)).to.deep.equal([1, 1]);
  });

  it('passes errors on with all that helps, and the text of those nobody expected', async () => {
    const expected = await failureOfPromise(client.call('fail', undefined));
    expect([expected.code, expected.hint, expected.details]).to.deep.equal([
      'CONFLICT',
      'Ask for something else.',
      { answer: 42 },
    ]);
    const bug = await failureOfPromise(client.call('bug', undefined));
    expect([bug.code, bug.details?.['cause']]).to.deep.equal(['INTERNAL', 'a bug']);
  });

  it('refuses what is beyond its queue, in number and in bytes, and takes more when there is room', async () => {
    const flag = gate();
    const waiting = [waitAt(flag)];
    const large = client.call('append', 1, limits.journalQueueBytesMax);
    expect((await failureOfPromise(client.call('append', 1, 1))).code).to.equal('QUEUE_FULL');
    while (client.pendingCount < limits.journalQueueMax - 1) waiting.push(waitAt(flag));
    waiting.push(waitAt(flag));
    expect((await failureOfPromise(waitAt(flag))).code).to.equal('QUEUE_FULL');
    openGate(flag);
    await Promise.all([large, ...waiting]);
    expect(await client.call('append', 1, limits.journalQueueBytesMax)).to.equal(1);
  });

  it('fails everything that waits when it dies, says so once, and fails what comes after', async () => {
    const waiting = [client.call('die', undefined), client.call('append', 1)].map(failureOfPromise);
    expect((await Promise.all(waiting)).map(({ code }) => code)).to.deep.equal(['JOURNAL_FAILED', 'JOURNAL_FAILED']);
    expect((await failureOfPromise(client.call('append', 1))).code).to.equal('JOURNAL_FAILED');
    expect(fatal.map(({ code }) => code)).to.deep.equal(['JOURNAL_FAILED']);
  });

  it('does not wait for ever for a thread that is stuck when it is closed, and says so', async () => {
    const stuck = new WorkerClient<FrailOperations>({
      entry: new URL('../../fixtures/frail-worker.js', import.meta.url),
      what: 'the stuck store',
      onFatal: (error) => fatal.push(error),
      closeMs: 20,
    });
    const asked = failureOfPromise(stuck.call('wait', gate().buffer as SharedArrayBuffer));
    const refusals = await Promise.all([stuck.close(), stuck.close()].map(failureOfPromise));
    expect(refusals.map(({ code, message }) => [code, message.includes('is stuck')])).to.deep.equal([
      ['TIMED_OUT', true],
      ['TIMED_OUT', true],
    ]);
    expect((await asked).code).to.equal('JOURNAL_FAILED');
    expect(fatal).to.deep.equal([]);
  });

  it('answers what was asked before it is closed; closing twice is closing once', async () => {
    const append = client.call('append', 1);
    await Promise.all([client.close(), client.close()]);
    expect(await append).to.equal(1);
    expect((await failureOfPromise(client.call('append', 1))).code).to.equal('CLOSED');
    expect(fatal).to.deep.equal([]);
  });
});
