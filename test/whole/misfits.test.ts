/** A fleet that misbehaves on purpose: what becomes of each is stated, and the innocent do not notice. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { tokenOf } from '../../common/core/process-scan.js';
import type { ProcessRowBody } from '../../common/protocol/catalogue.js';
import { LOGS_KEPT_MIB, misfits } from '../fixtures/misfits.js';
import { TestFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { residents } from '../support/processes/process-census.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

describe('in a fleet that misbehaves on purpose', function () {
  this.timeout(40_000);
  let fleet: TestFleet;

  const row = (agent: string) => fleet.main.process(agent);
  const becomes = (agent: string, state: ProcessRowBody['state'], ms = 30_000) =>
    waitFor(
      `${agent} to be ${state}`,
      async () => {
        const now = await row(agent);
        return now.state === state ? now : undefined;
      },
      ms,
    );
  const errorsOf = (agent: string) => storedErrors(fleet.main.logFile).filter((error) => error.agent === agent);

  before(async () => {
    fleet = await TestFleet.open({
      main: misfits,
      settings: { main: { logs: { rotateMiB: 1, totalMiB: LOGS_KEPT_MIB } } },
    });
    for (const machine of fleet.machines) machine.start();
    await waitUntil('the innocent to be ready', async () => (await row('innocent-2')).state === 'ready');
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });

  after(() => fleet?.close());

  it('who crashes at every start is left alone after its budget, with one error', async () => {
    const { restarts, lastExit } = await becomes('crash-loop', 'quarantined');
    expect({ restarts, lastExit }).to.deep.equal({ restarts: 2, lastExit: 'exit code 3' });
    await waitUntil('main to hear of it', () => errorsOf('crash-loop').some(({ code }) => code === 'QUARANTINED'));
    expect(errorsOf('crash-loop').filter(({ code }) => code === 'QUARANTINED')).to.have.length(1);
  });

  it('who ends with 0 has completed, and who fails and is not to be started again has failed', async () => {
    expect(await becomes('ends-well', 'completed')).to.include({ restarts: 0, pid: 0 });
    expect(await becomes('fails-for-good', 'failed')).to.include({ restarts: 0, lastExit: 'exit code 4' });
  });

  it('who is never ready is ended when its time is over', async () => {
    const { lastExit } = await becomes('dawdling', 'quarantined');
    expect(lastExit).to.include('not ready within 800 ms');
  });

  it('who goes into the background is told that it did, and what it left there goes too', async () => {
    const { lastExit } = await becomes('daemon', 'quarantined');
    expect(lastExit).to.include('went into the background');
    const tokens = new Set([tokenOf(fleet.main.home, 'main')]);
    await waitUntil('its child to be gone', () => residents(tokens).every(({ agent }) => agent !== 'daemon'));
  });

  it('who holds its event loop is busy, and nothing is done to it without a limit', async () => {
    const { pid } = await row('blocking');
    expect(await becomes('blocking', 'busy')).to.include({ pid, restarts: 0 });
  });

  it('who closes its own control socket cannot be called, which the caller is told', async () => {
    expect(await row('deaf')).to.include({ state: 'ready', restarts: 0 });
    const mesh = await fleet.main.mesh();
    const call = mesh.call('deaf.say', {}, { timeoutMs: 500 }).then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    );
    expect(await call).to.be.oneOf(['CONNECTION_LOST', 'UNREACHABLE', 'TIMED_OUT']);
  });

  it('who takes too much memory is drained and started again, and it is said', async () => {
    await waitUntil('leaking to be started again', async () => (await row('leaking')).restarts > 0, 30_000);
    await waitUntil('main to hear of it', () => errorsOf('leaking').some(({ code }) => code === 'LIMIT_EXCEEDED'));
  });

  it('who does not listen to SIGTERM delays nobody else, and is killed when its time is over', async () => {
    const askedMs = performance.now();
    await fleet.main.ask('node.stop', { agent: 'stubborn' });
    await fleet.main.ask('node.stop', { agent: 'innocent-2' });
    await becomes('innocent-2', 'stopped');
    expect((await row('stubborn')).state).to.equal('draining');
    const { lastExit } = await becomes('stubborn', 'stopped');
    expect(lastExit).to.include('killed: it had not ended');
    expect(performance.now() - askedMs).to.be.greaterThan(1_400);
  });

  it('who writes without end costs no more disk than its machine keeps', async () => {
    const logs = join(fleet.main.data, 'logs');
    const sizes = () => readdirSync(logs).reduce((sum, name) => sum + statSync(join(logs, name)).size, 0);
    await waitUntil('the logs to be within their bound', () => sizes() <= (LOGS_KEPT_MIB + 1) * 1024 * 1024);
  });

  it('the innocent were not touched', async () => {
    expect(await row('innocent-1')).to.include({ state: 'ready', restarts: 0 });
    expect((await row('innocent-2')).restarts).to.equal(0);
  });
});
