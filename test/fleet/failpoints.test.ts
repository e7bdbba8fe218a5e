/**
 * Real processes killed exactly around every commit and every word between them: pc2's node, and main's broker. An agent
 * emits all the while; the oracle judges what main has.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { chainHash, recordOf } from '../../common/journal/record.js';
import type { Input } from '../../common/protocol/catalogue.js';
import { connect } from '../broker/world.js';
import { FailpointFleet, ofTheBroker, ofTheNode } from '../support/fleet/failpoint-fleet.js';

/** So that there is always somebody who comes to the place. */
const PER_SECOND = 200;

describe('a record whose node or broker is killed', function () {
  this.timeout(180_000);
  let world: FailpointFleet;

  before(async () => {
    world = await FailpointFleet.open();
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(world.fleet.outputs);
  });

  after(() => world?.close());

  function complaints(): unknown {
    const { acceptedCount, lost, duplicated, phantom, disordered, mismatched } = world.verdict();
    return { acceptedCount, lost, duplicated, phantom, disordered, mismatched: mismatched.length };
  }
  const none = (mismatched = 0) => ({
    acceptedCount: world.total,
    lost: [],
    duplicated: [],
    phantom: [],
    disordered: [],
    mismatched,
  });

  it('around any of its commits, sends and answers is on main once and in order', async () => {
    await world.burst(1_000, PER_SECOND);
    const nodeByNode = async () => {
      for (const place of ofTheNode) await world.nodeDiesAt(place);
    };
    const brokerByBroker = async () => {
      for (const place of ofTheBroker) await world.brokerDiesAt(place);
    };
    await Promise.all([nodeByNode(), brokerByBroker()]);
    await world.settled();
    expect(complaints()).to.deep.equal(none());
  });

  it('is written again under a new name when main holds another one, once, and that is told once', async () => {
    const { pc2 } = world.fleet;
    await world.broker.kill('SIGKILL');
    await world.burst(20, PER_SECOND);
    await world.accepted();
    const { journalId } = await pc2.ask('journal.status', {});
    await pc2.killNode();
    world.startBroker();
    await forge(journalId);
    for (const place of ['journal.reissue.written', 'journal.reissue.committed'] as const) {
      world.failpoints.doom(place);
      world.startNode();
      await world.nodeDies();
    }
    world.startNode();
    await world.settled();
    expect(complaints()).to.deep.equal(none(20));
    expect(world.told('JOURNAL_CONFLICT')).to.equal(1);
  });

  it('is not sent again when the journal is an older backup, and that is told once', async () => {
    const { pc2 } = world.fleet;
    const file = join(pc2.data, 'journal.db');
    const db = new Database(file, { readonly: true });
    db.prepare('VACUUM INTO ?').run(`${file}.backup`);
    db.close();
    await world.burst(20, PER_SECOND);
    await world.settled();
    await pc2.killNode();
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    renameSync(`${file}.backup`, file);
    for (const place of ['journal.lost-tail.written', 'journal.lost-tail.committed'] as const) {
      world.failpoints.doom(place);
      world.startNode();
      await world.nodeDies();
    }
    world.startNode();
    await world.burst(20, PER_SECOND);
    await world.settled();
    expect(complaints()).to.deep.equal(none(20));
    expect(world.told('JOURNAL_LOST_TAIL')).to.equal(1);
  });

  /** Main has a record of somebody else where the first pending one of pc2 belongs. */
  async function forge(journalId: string): Promise<void> {
    const client = connect((await world.broker.ready()).log ?? '');
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
