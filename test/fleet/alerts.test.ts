/** Alerts of a real fleet: who is told what of errors, floods, kills and a machine that is away. A listener counts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Notice } from '../../agents/alerter/notice.js';
import { Listener } from '../support/fakes/listener.js';
import { echo, TestFleet } from '../support/fleet/test-fleet.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const FLOOD = 3_000;

describe('alerts of a fleet', () => {
  let fleet: TestFleet;
  let listener: Listener;
  before(async () => {
    listener = await Listener.open();
    fleet = await TestFleet.open({ main: { echo }, pc2: { echo } });
    const url = `http://127.0.0.1:${listener.port}/`;
    // JSON is YAML.
    const alerts = {
      routes: { hook: { webhook: { url, allowPrivate: true }, timeout: '5s' }, log: { log: true } },
      rules: {
        'new-errors': {
          when: 'new-group',
          match: { code: 'T-*' },
          routes: ['hook', 'log'],
          throttle: '1h',
          quiet: '3s',
        },
        again: { when: 'regression', match: { code: 'T-*' }, routes: ['hook'] },
        gone: {
          when: { 'machine-unreachable': { for: '100ms' } },
          match: { machine: 'pc2' },
          routes: ['hook'],
          throttle: '1s',
        },
      },
    };
    writeFileSync(join(fleet.main.home, 'config/alerts.yaml'), JSON.stringify(alerts, null, 2));
    await fleet.up();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
    listener.answer = (_request, response) => response.writeHead(204).end();
  });
  after(async () => {
    await fleet?.close();
    await listener?.close();
  });

  const noticesOf = (...says: string[]): Notice[] =>
    listener.requests
      .map(({ body }): Notice => JSON.parse(body))
      .filter(({ rule, title }) => says.every((text) => `${rule} ${title}`.includes(text)));
  /** The next notice that says this; whatever else is told meanwhile is answered well. */
  const answerOnce = (says: string, answer: Listener['answer']) => {
    listener.answer = (request, response, body) => {
      if (!body.includes(says)) return response.writeHead(204).end();
      listener.answer = (_request, well) => well.writeHead(204).end();
      return answer(request, response, body);
    };
  };
  const told = (count: number, ...says: string[]) =>
    waitFor(`${count} notices of ${says.join(' ')}`, () => {
      const notices = noticesOf(...says);
      return notices.length >= count ? notices : undefined;
    });
  const report = async (code: string, message: string) =>
    (await fleet.pc2.mesh()).report({ code, message, severity: 'error', component: 'test' });

  it('are told by an agent that main runs because there are rules', async () => {
    expect((await fleet.main.process('alerter')).state).to.equal('ready');
    expect(await fleet.main.call('alerter.test', { name: 'hook' })).to.nested.include({ 'results[0].ok': true });
    const [notice] = await told(1, 'hook');
    expect(notice).to.include({ state: 'test', rule: 'hook' });
  });

  it('of a flood of identical errors are one', async () => {
    const client = await fleet.pc2.mesh();
    const flood = { code: 'T-FLOOD', message: 'the same again', severity: 'error', component: 'test' } as const;
    await Promise.all(Array.from({ length: FLOOD }, () => client.report(flood)));
    const [firing] = await told(1, 'T-FLOOD');
    expect(firing).to.include({ state: 'firing', machine: 'pc2', rule: 'new-errors' });
    await waitUntil('main to have counted all', async () => {
      const { groups } = await (await fleet.main.mesh()).request('log', 'log.errors', {});
      return groups.some(({ code, count }) => code === 'T-FLOOD' && count === FLOOD);
    });
  });

  it('outlive the alerter: it goes on counting, and tells what happened while it was dead', async () => {
    await Promise.all([fleet.main.kill('alerter'), fleet.pc2.killNode()]);
    await (await fleet.main.mesh()).report({ code: 'T-AWAY', message: 'nobody was there to hear it' });
    const [away] = await told(1, 'T-AWAY');
    expect(away).to.include({ state: 'firing', agent: 'test' });
    const [gone] = await told(1, 'gone');
    expect(gone).to.include({ state: 'firing', subject: 'pc2' });
    fleet.pc2.start();
    await fleet.pc2.ready();
    const [, back] = await told(2, 'gone');
    expect(back).to.include({ state: 'recovered', subject: 'pc2' });
    const floods = await waitFor('the end of the flood to be told', () => {
      const notices = noticesOf('T-FLOOD');
      return notices.some(({ state }) => state === 'recovered') ? notices : undefined;
    });
    // The kill may have come before it was written down that the first was told: then it was told again, as the same.
    const [firing, recovered, ...others] = [...new Map(floods.map((notice) => [notice.id, notice])).values()];
    expect(recovered).to.include({ state: 'recovered', total: FLOOD, count: FLOOD - (firing?.count ?? 0) });
    expect(others).to.deep.equal([]);
    await fleet.main.sees(['pc2']);
  });

  it('survive that the alerter is killed while it tells: told again with the same id, and no third time', async () => {
    const killing = new Promise<void>((resolve, reject) => {
      answerOnce('T-KILLED', () => fleet.main.kill('alerter').then(() => resolve(), reject));
    });
    await report('T-KILLED', 'it was told and not written down');
    await killing;
    const [first, second] = await told(2, 'T-KILLED', 'new-errors');
    expect(second?.id).to.equal(first?.id);
    await report('T-AFTER', 'what is told later shows that nothing else came');
    await told(1, 'T-AFTER');
    expect(noticesOf('T-KILLED').filter(({ state }) => state === 'firing')).to.have.length(2);
  });

  it('are tried again when nobody is well, and are records of the stream alerts', async () => {
    let refused = 0;
    answerOnce('T-RETRIED', (_request, response) => {
      refused++;
      response.writeHead(503).end();
    });
    await report('T-RETRIED', 'the other side was away');
    const [first, second] = await told(2, 'T-RETRIED', 'new-errors');
    expect([first?.state, second?.state]).to.deep.equal(['firing', 'firing']);
    expect(refused).to.equal(1);
    const records = await waitFor('the record', async () => {
      const log = await fleet.main.mesh();
      const { records: all } = await log.request('log', 'log.read', { stream: 'alerts', last: 100 });
      return all.length > 0 ? all : undefined;
    });
    expect(records.every(({ agent, machine }) => agent === 'alerter' && machine === 'main')).to.equal(true);
  });
});
