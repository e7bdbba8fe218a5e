import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readLastWords } from '../../common/log/last-words.js';
import { BrokerProgram } from '../support/processes/broker-program.js';
import { until } from '../support/wait-for.js';
import { ANY_PORT, Chain, connect, LONG_MS, temporaryFolder } from './world.js';

describe('broker program', () => {
  const folder = temporaryFolder();
  const started: BrokerProgram[] = [];

  const relay = {
    machine: 'pc2',
    role: 'secondary',
    epoch: 3,
    bind: { broker: ANY_PORT, publish: ANY_PORT, subscribe: ANY_PORT },
  };
  const central = (name: string) => ({
    ...relay,
    machine: 'main',
    role: 'main',
    bind: { ...relay.bind, registry: ANY_PORT, log: ANY_PORT },
    logFile: join(folder.path, name),
  });

  function start(part: unknown, lastWordsFile?: string): BrokerProgram {
    const program = new BrokerProgram(part, lastWordsFile === undefined ? {} : { lastWordsFile });
    started.push(program);
    return program;
  }

  afterEach(async () => {
    for (const program of started.splice(0)) await program.kill('SIGKILL');
  });
  after(() => folder.remove());

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends with 0 on ${signal}, answers what it holds, and leaves its ports free`, async () => {
      const program = start(central(`${signal}.db`));
      const endpoints = await program.ready();
      const client = connect(endpoints.log ?? '');
      const read = client.request('log.read', { waitMs: LONG_MS }, { timeoutMs: LONG_MS });
      await until(async () => (await client.request('mesh.health', {})).counters['log.readers'] === 1);
      const exit = program.kill(signal);
      expect(await read).to.deep.include({ records: [], nextId: 0 });
      expect(await exit).to.deep.equal({ code: 0, signal: null });
      client.close();
      const { registry, log, ...bind } = endpoints;
      const again = start({ ...central(`${signal}.db`), bind: { ...bind, registry, log } });
      expect(await again.ready()).to.deep.equal(endpoints);
    });
  }

  it('ends with 0 when it is asked to stop on its control socket', async () => {
    const program = start(relay);
    const client = connect((await program.ready()).broker);
    expect(await client.request('mesh.stop', {})).to.deep.equal({ stopping: true });
    expect(await program.exited).to.deep.equal({ code: 0, signal: null });
    client.close();
  });

  it('killed at any moment still has every record that it acknowledged, once', async () => {
    const chain = new Chain();
    let batch = chain.next(20);
    let ackedSeq = 0;
    for (let round = 0; round < 3; round++) {
      const program = start(central('killed.db'));
      const client = connect((await program.ready()).log ?? '');
      const { headSeq } = await client.request('log.hello', { machine: 'pc2', journalId: chain.journalId });
      expect(headSeq).to.be.at.least(ackedSeq);
      const killAt = ackedSeq + 200;
      let killed: Promise<unknown> | undefined;
      try {
        for (;;) {
          ({ headSeq: ackedSeq } = await client.request('log.append', batch));
          batch = chain.next(20);
          if (ackedSeq >= killAt) killed ??= program.kill('SIGKILL');
        }
      } catch {
        await killed; // the batch that was out is sent again to the next one
      }
      client.close();
    }
    const program = start(central('killed.db'));
    const client = connect((await program.ready()).log ?? '');
    const { headSeq } = await client.request('log.append', batch);
    const seqs: number[] = [];
    for (let afterId = 0; seqs.length < headSeq; ) {
      const page = await client.request('log.read', { afterId, limit: 1_000 });
      if (page.records.length === 0) break;
      seqs.push(...page.records.map(({ seq }) => seq));
      afterId = page.nextId;
    }
    expect(headSeq).to.be.at.least(600);
    expect(seqs).to.deep.equal(Array.from({ length: headSeq }, (_, i) => i + 1));
    client.close();
  });

  it('that cannot start says why in its last words and ends with 1', async () => {
    const lastWords = join(folder.path, 'last-words.json');
    const first = start(relay);
    const { publish } = await first.ready();
    const second = start({ ...relay, bind: { ...relay.bind, publish } }, lastWords);
    expect(await second.exited).to.deep.equal({ code: 1, signal: null });
    const { report } = readLastWords(lastWords) ?? expect.fail('it left no last words');
    expect(report).to.include({ code: 'PORT_IN_USE', severity: 'critical', component: 'broker' });
    expect(report.message).to.contain(publish);
    expect(existsSync(lastWords)).to.equal(false);
  });

  it('refuses a part that it does not understand, in its last words', async () => {
    const lastWords = join(folder.path, 'not-understood.json');
    const program = start('{"machine":"Main"}', lastWords);
    expect(await program.exited).to.deep.equal({ code: 1, signal: null });
    expect(readLastWords(lastWords)?.report.code).to.equal('CONFIG_INVALID');
  });
});
