/** An alerter at work without a mesh: what it stores before it tells, and what becomes of what cannot be told. */
import { expect } from 'chai';
import { Alerter } from '../../agents/alerter/alerter.js';
import { type AskGroup, ErrorIntake } from '../../agents/alerter/error-intake.js';
import { FleetSight } from '../../agents/alerter/fleet-sight.js';
import { Teller } from '../../agents/alerter/routes/teller.js';
import type { ConsumedRecord } from '../../agents/sdk/records/consuming/consumer.js';
import { MeshError } from '../../common/core/errors.js';
import type { AlerterConfig, AlertRoute } from '../../common/protocol/alert-rule.js';
import { completeReport } from '../../common/protocol/errors/error-report.js';
import { FakeContext, FakeStore } from '../support/fakes/fake-context.js';
import { waitUntil } from '../support/wait-for.js';
import { nextRecordId, ruleOf } from './alert-world.js';

const record = (agent: string, code: string, id = nextRecordId(), seq = id): ConsumedRecord => ({
  ...{ id, machine: 'pc2', agent, epoch: 1, seq, tsMs: 1_000, stream: 'errors', journalId: '0'.repeat(20) },
  ...{ hash: new Uint8Array(32), integrity: 'verified' as const, attempt: 1 },
  body: async () => completeReport({ code, message: 'it broke' }),
});

describe('an alerter', () => {
  const config = (...routes: AlertRoute[]): AlerterConfig => ({
    rules: [ruleOf({ kind: 'severity', atLeast: 'error' }, { routes: routes.map(({ name }) => name) })],
    routes,
    machines: ['main'],
    errorRules: [],
  });
  const log: AlertRoute = { name: 'log', kind: 'log' };
  /** It is refused for good, and reaches nobody. */
  const refused: AlertRoute = {
    ...{
      name: 'hook',
      kind: 'webhook',
      url: 'http://127.0.0.1:1/',
      headers: {},
      allowPrivate: false,
      timeoutMs: 1_000,
    },
  };
  const open = async (
    context: FakeContext<AlerterConfig>,
    ask: AskGroup = async () => ({ firstId: 0, status: 'open' }),
  ) => {
    const teller = new Teller({ routes: context.config.routes, home: '/', env: process.env, log: context.log });
    const sight = new FleetSight({
      machines: [],
      kinds: [],
      list: () => Promise.reject(new Error('nobody')),
      journal: async () => '',
      log: async () => '',
      onProblem: () => undefined,
    });
    const intake = new ErrorIntake([], ask);
    const alerter = await Alerter.open({ context, teller, intake, sight, storeMs: 50 });
    return { alerter, running: alerter.run() };
  };
  const end = async (context: FakeContext<AlerterConfig>, { alerter, running }: Awaited<ReturnType<typeof open>>) => {
    context.end();
    await running;
    await alerter.close();
  };

  it('acknowledges a record when what it led to is stored, and not before', async () => {
    const store = new FakeStore();
    const context = new FakeContext({ config: config(log), store });
    const opened = await open(context);
    await opened.alerter.hear('error', record('echo', 'BROKEN'));
    expect(store.bodiesOf('alerts')).to.have.length(1);
    expect(store.checkpointNames).to.deep.equal(['alerts']);
    store.faults.push('refuse', 'refuse');
    const refusal = await opened.alerter.hear('error', record('echo', 'OTHER')).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(Error);
    await end(context, opened);
  });

  it('goes on after a kill where main’s log was begun anew: an id that comes again hides no error, a record that does is none', async () => {
    const store = new FakeStore();
    const first = new FakeContext({ config: config(log), store });
    const killed = await open(first);
    await killed.alerter.hear('error', record('echo', 'BROKEN', 7));
    await end(first, killed);
    const context = new FakeContext({ config: config(log), store });
    const opened = await open(context);
    await opened.alerter.hear('error', record('echo', 'OTHER', 7, 8));
    await opened.alerter.hear('error', record('echo', 'BROKEN', 9, 7));
    expect(store.bodiesOf('alerts')).to.have.length(2);
    expect(opened.alerter.book.standings()[0]?.entries.map(({ total }) => total)).to.deep.equal([1, 1]);
    await end(context, opened);
  });

  it('tells all the same when the journal takes nothing, and acknowledges nothing', async () => {
    const never = new Promise<never>(() => undefined);
    const context = Object.assign(new FakeContext({ config: config(log) }), { emitBatch: () => never });
    const opened = await open(context);
    let isAcknowledged = false;
    const heard = opened.alerter.hear('error', record('echo', 'BROKEN')).then(
      () => {
        isAcknowledged = true;
      },
      () => undefined,
    );
    const told = () => context.logged.filter(({ level }) => level === 'warn');
    await waitUntil('it to be told', () => told().length === 1);
    expect(told()[0]?.message).to.equal('rule: BROKEN in echo@pc2: it broke');
    expect(isAcknowledged).to.equal(false);
    await end(context, opened);
    void heard;
  });

  it('waits once for a log that is silent, however many errors it has heard of, and asks again in its next turn', async () => {
    let asked = 0;
    let isSilent = true;
    const context = new FakeContext({ config: config(log), store: new FakeStore() });
    const opened = await open(context, async () => {
      asked++;
      if (isSilent) throw new MeshError('TIMED_OUT', 'main is silent');
      return { firstId: 0, status: 'open' };
    });
    const heard = await Promise.allSettled(
      ['A', 'B', 'C'].map((code) => opened.alerter.hear('error', record('echo', code))),
    );
    expect(heard.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    expect(asked).to.equal(1);
    isSilent = false;
    await opened.alerter.hear('error', record('echo', 'A'));
    expect(asked).to.equal(2);
    await end(context, opened);
  });

  it('reports what it could not tell, and only logs it when it was about itself', async () => {
    const store = new FakeStore();
    const context = new FakeContext({ config: config(refused), store });
    const opened = await open(context);
    await opened.alerter.hear('error', record('echo', 'BROKEN'));
    await waitUntil('the report', () => store.reports.length > 0);
    expect(store.reports[0]).to.deep.include({ code: 'ALERT_NOT_DELIVERED', component: 'alerts' });
    await opened.alerter.hear('error', record('alerter', 'ALERT_NOT_DELIVERED'));
    await waitUntil('the log', () => context.logged.filter(({ level }) => level === 'error').length > 1);
    await end(context, opened);
    expect(store.reports).to.have.length(1);
  });
});
