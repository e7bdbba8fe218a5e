/**
 * Real processes killed exactly around every commit and every word between them: pc2's node, and main's broker. An agent
 * emits all the while; the oracle judges what main has.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { Failpoint } from '../../common/core/failpoint.js';
import { chainHash, recordOf } from '../../common/journal/record.js';
import type { Input } from '../../common/protocol/catalogue.js';
import { connect } from '../broker/world.js';
import { BrokerProgram } from '../support/broker-program.js';
import { FailpointFolder } from '../support/failpoint-folder.js';
import { storedErrors } from '../support/main-log.js';
import { judge } from '../support/oracle.js';
import { fixture, mainPorts, TestFleet } from '../support/test-fleet.js';
import { Hopeless, waitUntil } from '../support/wait-for.js';

/** In the order in which a record passes them. */
const ofTheNode: readonly Failpoint[] = [
  'journal.open.written',
  'journal.open.committed',
  'journal.append.written',
  'journal.append.committed',
  'node.answering',
  'forwarder.sending',
  'forwarder.answered',
  'journal.acknowledge.written',
  'journal.acknowledge.committed',
];
const ofTheBroker: readonly Failpoint[] = [
  'log.hello.written',
  'log.hello.committed',
  'log.append.written',
  'log.append.committed',
  'log.answering',
];
/** So that there is always somebody who comes to the place. */
const PER_SECOND = 200;

describe('a record whose node or broker is killed', function () {
  this.timeout(60_000);
  let fleet: TestFleet;
  let failpoints: FailpointFolder;
  let broker: BrokerProgram;
  let brokerEpoch = 0;

  /** Main has no node here: its broker is started by this test, and by nobody else. */
  function startBroker(): void {
    const bindOf = (name: keyof typeof mainPorts) => `tcp://${fleet.places.main.own}:${mainPorts[name]}`;
    const bind = Object.fromEntries(
      (['broker', 'publish', 'subscribe', 'registry', 'log'] as const).map((name) => [name, bindOf(name)]),
    );
    const part = { machine: 'main', role: 'main', epoch: ++brokerEpoch, bind, logFile: fleet.main.logFile };
    broker = new BrokerProgram(part, { env: failpoints.env });
  }

  async function brokerDies(): Promise<void> {
    expect(await broker.exited).to.deep.equal({ code: null, signal: 'SIGKILL' });
    startBroker();
  }

  async function nodeDies(): Promise<void> {
    expect(await fleet.pc2.exit()).to.deep.equal({ code: null, signal: 'SIGKILL' });
    fleet.pc2.start(failpoints.env);
  }

  before(async () => {
    fleet = await TestFleet.open({ pc2: { reporter: fixture('reporter') } });
    failpoints = new FailpointFolder(join(fleet.root, 'failpoints'));
    startBroker();
    fleet.pc2.start(failpoints.env);
    await fleet.pc2.ready();
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });

  after(async () => {
    await fleet?.close();
    await broker?.kill('SIGKILL');
  });

  let burstCount = 0;
  const ledger = () => join(fleet.root, `ledger-${burstCount}`);
  async function burst(count: number): Promise<void> {
    burstCount++;
    total += count;
    const input = { count, file: ledger(), window: 8, perSecond: PER_SECOND };
    await fleet.pc2.call('reporter.burst', input);
  }
  let total = 0;
  async function accepted(): Promise<number> {
    const { done, failed } = (await fleet.pc2.call('reporter.progress')) as { done: number; failed: string };
    if (failed !== '') throw new Hopeless(failed);
    return done;
  }

  const pending = async () => (await fleet.pc2.ask('journal.status', {})).pendingCount;
  async function settled(): Promise<void> {
    await waitUntil('the burst to end', async () => (await accepted()) === total);
    await waitUntil('pc2 to have nothing left', async () => (await pending()) === 0);
  }

  function complaints(): unknown {
    const burst = storedErrors(fleet.main.logFile).filter(({ code }) => code === 'BURST');
    const mainRecords = burst.map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    const ledgerFiles = Array.from({ length: burstCount }, (_, index) => join(fleet.root, `ledger-${index + 1}`));
    const { acceptedCount, lost, duplicated, phantom, disordered, mismatched } = judge({ ledgerFiles, mainRecords });
    return { acceptedCount, lost, duplicated, phantom, disordered, mismatched: mismatched.length };
  }
  const none = (mismatched = 0) => ({
    acceptedCount: total,
    lost: [],
    duplicated: [],
    phantom: [],
    disordered: [],
    mismatched,
  });
  const told = (code: string) => storedErrors(fleet.main.logFile).filter((error) => error.code === code).length;

  it('around any of its commits, sends and answers is on main once and in order', async () => {
    await burst(1_000);
    const nodeByNode = async () => {
      for (const place of ofTheNode) {
        failpoints.doom(place);
        if (place.startsWith('journal.open')) await fleet.pc2.killNode().then(() => fleet.pc2.start(failpoints.env));
        await nodeDies();
      }
    };
    const brokerByBroker = async () => {
      for (const place of ofTheBroker) {
        failpoints.doom(place);
        if (place.startsWith('log.hello')) await broker.kill('SIGKILL').then(startBroker);
        await brokerDies();
      }
    };
    await Promise.all([nodeByNode(), brokerByBroker()]);
    await settled();
    expect(complaints()).to.deep.equal(none());
  });

  it('is written again under a new name when main holds another one, once, and that is told once', async () => {
    await broker.kill('SIGKILL');
    await burst(20);
    await waitUntil('the burst to end', async () => (await accepted()) === total);
    const { journalId } = await fleet.pc2.ask('journal.status', {});
    await fleet.pc2.killNode();
    startBroker();
    await forge(journalId);
    for (const place of ['journal.reissue.written', 'journal.reissue.committed'] as const) {
      failpoints.doom(place);
      fleet.pc2.start(failpoints.env);
      expect(await fleet.pc2.exit()).to.deep.equal({ code: null, signal: 'SIGKILL' });
    }
    fleet.pc2.start(failpoints.env);
    await settled();
    expect(complaints()).to.deep.equal(none(20));
    expect(told('JOURNAL_CONFLICT')).to.equal(1);
  });

  it('is not sent again when the journal is an older backup, and that is told once', async () => {
    const { pc2 } = fleet;
    const file = join(pc2.data, 'journal.db');
    const db = new Database(file, { readonly: true });
    db.prepare('VACUUM INTO ?').run(`${file}.backup`);
    db.close();
    await burst(20);
    await settled();
    await pc2.killNode();
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    renameSync(`${file}.backup`, file);
    for (const place of ['journal.lost-tail.written', 'journal.lost-tail.committed'] as const) {
      failpoints.doom(place);
      pc2.start(failpoints.env);
      expect(await pc2.exit()).to.deep.equal({ code: null, signal: 'SIGKILL' });
    }
    pc2.start(failpoints.env);
    await burst(20);
    await settled();
    expect(complaints()).to.deep.equal(none(20));
    expect(told('JOURNAL_LOST_TAIL')).to.equal(1);
  });

  /** Main has a record of somebody else where the first pending one of pc2 belongs. */
  async function forge(journalId: string): Promise<void> {
    const client = connect((await broker.ready()).log ?? '');
    try {
      const { headSeq, headHash } = await client.request('log.hello', { machine: 'pc2', journalId });
      const record = recordOf('forged', 1, 'nobody', 1, Buffer.from('forged'));
      const hash = chainHash(headHash ?? new Uint8Array(), headSeq + 1, record);
      const { tsMs, stream, agent, epoch, body } = record;
      const entries: Input<'log.append'>['entries'] = [[headSeq + 1, tsMs, stream, agent, epoch, body, hash]];
      await client.request('log.append', { machine: 'pc2', journalId, previous: headHash, entries });
    } finally {
      client.close();
    }
  }
});
