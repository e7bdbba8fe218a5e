/** Alerts of what is so, not of what happened: an agent in quarantine and a journal that takes nothing, on a real fleet. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Notice } from '../../agents/alerter/notice.js';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { runMesh } from '../cli/mesh-process.js';
import { Listener } from '../support/fakes/listener.js';
import { fixture, TestFleet } from '../support/fleet/test-fleet.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

describe('alerts of what is so', function () {
  this.timeout(60_000);
  let fleet: TestFleet;
  let listener: Listener;
  let isSmall = false;

  before(async () => {
    listener = await Listener.open();
    const restart = { firstMs: 5, maxMs: 10, starts: 2 };
    fleet = await TestFleet.open({ pc2: { frail: { ...fixture('frail'), restart } } });
    const url = `http://127.0.0.1:${listener.port}/`;
    const rule = { routes: ['hook'], throttle: '1s' };
    const alerts = {
      routes: { hook: { webhook: { url, allowPrivate: true }, timeout: '5s' } },
      rules: { loops: { when: 'quarantine', ...rule }, full: { when: 'journal-degraded', ...rule } },
    };
    // JSON is YAML.
    writeFileSync(join(fleet.main.home, 'config/alerts.yaml'), JSON.stringify(alerts, null, 2));
    mkdirSync(fleet.pc2.data, { recursive: true });
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', fleet.pc2.data], { stdio: 'pipe' });
      isSmall = true;
    } catch (thrown) {
      console.log(`      no small filesystem can be mounted here: ${messageOf(thrown)}`);
    }
    await fleet.up();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });
  after(async () => {
    await listener?.close();
    const faults = await fleet.pc2.close();
    if (isSmall) execFileSync('/bin/umount', [fleet.pc2.data]);
    await fleet.close();
    expect(faults).to.deep.equal([]);
  });

  const noticesOf = (rule: string): Notice[] =>
    listener.requests.map(({ body }): Notice => JSON.parse(body)).filter((notice) => notice.rule === rule);
  const told = (count: number, rule: string) =>
    waitFor(`${count} notices of ${rule}`, () => {
      const notices = noticesOf(rule);
      return notices.length >= count ? notices : undefined;
    });
  const statesOf = (rule: string) => noticesOf(rule).map(({ state, subject }) => `${state} ${subject}`);

  it('say once that an agent which crashes again and again is in quarantine, and once that it was started mended', async () => {
    const deadly = join(fleet.pc2.home, 'deadly');
    writeFileSync(deadly, '');
    await fleet.pc2.kill('frail');
    const [firing] = await told(1, 'loops');
    expect(firing).to.include({ state: 'firing', subject: 'frail@pc2', machine: 'pc2', agent: 'frail' });
    expect(firing?.text).to.match(/frail@pc2 is in quarantine/);
    rmSync(deadly);
    const started = await runMesh(['start', 'frail@pc2'], { env: { MESH_HOME: fleet.main.home } });
    expect(started).to.include({ code: 0 });
    await told(2, 'loops');
    expect(statesOf('loops')).to.deep.equal(['firing frail@pc2', 'recovered frail@pc2']);
  });

  it('say once that the journal of a machine takes no records, and once that it does again', async function () {
    if (!isSmall) return this.skip();
    const { pc2 } = fleet;
    const ballast = join(pc2.data, 'ballast');
    const { bavail, bsize } = statfsSync(pc2.data);
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 400_000)));
    const body = encode({ padding: 'x'.repeat(50_000) });
    let firstSeq = 1;
    const isTaken = async (): Promise<boolean> => {
      try {
        await pc2.ask('journal.emit', { agent: 'emitter', epoch: 1, firstSeq, records: [['load', 1, body]] });
        firstSeq++;
        return true;
      } catch (error) {
        if (error instanceof MeshError && error.code === 'JOURNAL_FAILED') return false;
        throw error;
      }
    };
    await waitUntil('the journal to be full', async () => !(await isTaken()));
    const [firing] = await told(1, 'full');
    expect(firing).to.include({ state: 'firing', subject: 'pc2', machine: 'pc2' });
    // Why stands behind the path of the file, and a notice is short.
    expect(firing?.text).to.match(/the journal of pc2 takes no records: /);
    rmSync(ballast);
    await told(2, 'full');
    expect(statesOf('full')).to.deep.equal(['firing pc2', 'recovered pc2']);
  });
});
