/**
 * A real partition: main and pc2 are two hosts, and the cable between them drops packets, in both directions or in one.
 * Needs root, network namespaces and iptables; elsewhere it says that it was skipped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { echo, fixture } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { machinesOn } from '../support/fleet/two-hosts.js';
import { NetworkNamespaces } from '../support/network/network-namespaces.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { complaintsOf, judge, noComplaints } from '../support/oracle/oracle.js';
import { Hopeless, waitUntil } from '../support/wait-for.js';

const COUNT = 600;
/** What is promised: a heartbeat each second, of which three are missed, and a second. */
const MISSED_MS = 5_000;

describe('a partition of two hosts', function () {
  this.timeout(60_000);
  const root = mkdtempSync(join(tmpdir(), 'mesh-partition-'));
  let hosts: NetworkNamespaces;
  let main: TestMachine;
  let pc2: TestMachine;
  let burstCount = 0;

  before(async function () {
    const opened = NetworkNamespaces.open();
    if ('reason' in opened) {
      console.log(`    skipped: ${opened.reason}`);
      this.skip();
    }
    hosts = opened.namespaces;
    ({ main, pc2 } = machinesOn(hosts, root, {
      pc2: { echo, caller: fixture('caller'), reporter: fixture('reporter') },
    }));
    for (const each of [main, pc2]) each.start();
    await Promise.all([main.ready(), pc2.ready()]);
  });

  afterEach(function () {
    if (this.currentTest?.state !== 'failed') return;
    hosts.mend();
    console.error(`${main.outputs}\n${pc2.outputs}`);
  });

  after(async () => {
    const faults = (await Promise.all([main?.close(), pc2?.close()])).flat();
    hosts?.close();
    rmSync(root, { recursive: true, force: true });
    expect(faults.filter((fault) => fault !== undefined)).to.deep.equal([]);
  });

  it('says at every start that the link is not encrypted', async () => {
    const { warnings } = await pc2.ask('node.status', {});
    expect(warnings.join()).to.include('security: insecure').and.include('pc2 on 10.');
  });

  it('in both directions: main says so, pc2 works on, and afterwards main has everything once', async () => {
    await startBurst();
    hosts.cut();
    await missEachOther();
    const call = { target: 'echo@pc2.say', input: { text: 'alone' } };
    expect(await pc2.call('caller@pc2.call', call)).to.include({ text: 'alone' });
    await pc2.killNode();
    pc2.start();
    const { epoch } = await main.kill('broker');
    await main.successor('broker', epoch);
    await expectAllAfterMending();
  });

  for (const deaf of ['main', 'pc2'] as const) {
    it(`in one direction (${deaf} hears nothing): nobody takes it for a connection, and nothing is lost`, async () => {
      await startBurst();
      hosts.deafen(deaf);
      await missEachOther();
      await expectAllAfterMending();
    });
  }

  it('that loses three packets of ten delivers while it does, all of it once', async () => {
    hosts.lose(30);
    await startBurst();
    await waitUntil('the burst to end', async () => (await progress()).done === burstCount * COUNT);
    await waitUntil('some of it to be on main', () => stored().length > (burstCount - 1) * COUNT);
    await expectAllAfterMending();
  });

  it('that resets every connection again and again delivers as soon as it does not, all of it once', async () => {
    await startBurst();
    for (let storm = 0; storm < 2; storm++) {
      hosts.reset();
      const isAway = async () => Object.values((await pc2.ask('node.status', {})).links).some(({ up }) => !up);
      await waitUntil('pc2 to be cut off', isAway);
      hosts.mend();
      const isBack = async () => Object.values((await pc2.ask('node.status', {})).links).every(({ up }) => up);
      await waitUntil('pc2 to be back', isBack);
    }
    await expectAllAfterMending();
  });

  /** Both know it in time, and at the same time: neither goes on as if the other one were there. */
  async function missEachOther(): Promise<void> {
    const knows = async () => Object.values((await pc2.ask('node.status', {})).links).every(({ up }) => !up);
    await Promise.all([
      waitUntil('main to miss pc2', async () => !(await isReachable(main, 'pc2')), MISSED_MS),
      waitUntil('pc2 to know that main is away', knows, MISSED_MS),
    ]);
  }

  const ledger = () => join(root, `ledger-${burstCount}`);

  async function startBurst(): Promise<void> {
    burstCount++;
    await pc2.call('reporter.burst', { count: COUNT, file: ledger(), window: 16, perSecond: 1_000 });
  }

  /** All of the burst is accepted while the cable is cut; afterwards main has it, and the machines have each other. */
  async function expectAllAfterMending(): Promise<void> {
    await waitUntil('the burst to end', async () => (await progress()).done === burstCount * COUNT);
    hosts.mend();
    await waitUntil('pc2 to have nothing left', async () => {
      const { pendingCount } = await pc2.ask('journal.status', {});
      return pendingCount === 0;
    });
    await Promise.all([main.ready(), pc2.ready()]);
    await waitUntil('main to reach pc2', () => isReachable(main, 'pc2'));
    const mainRecords = stored().map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    const ledgerFiles = Array.from({ length: burstCount }, (_, index) => join(root, `ledger-${index + 1}`));
    const verdict = judge({ ledgerFiles, mainRecords });
    expect(complaintsOf(verdict)).to.deep.equal(noComplaints);
    expect(verdict.acceptedCount).to.equal(burstCount * COUNT);
  }

  const stored = () => storedErrors(main.logFile).filter(({ code }) => code === 'BURST');

  async function progress(): Promise<{ done: number; failed: string }> {
    const answer = (await pc2.call('reporter.progress')) as { done: number; failed: string };
    if (answer.failed !== '') throw new Hopeless(answer.failed);
    return answer;
  }
});

async function isReachable(from: TestMachine, machine: string): Promise<boolean> {
  const { machines } = await from.ask('registry.list', {});
  return machines.some((row) => row.machine === machine && row.reachable);
}
