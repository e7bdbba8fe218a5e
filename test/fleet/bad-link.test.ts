/** A link that is slow, or comes and goes: nobody is taken for dead, nothing leaks, and main has everything once. */
import { join } from 'node:path';
import { expect } from 'chai';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { judge } from '../support/oracle/oracle.js';
import { openFilesOf } from '../support/processes/process-census.js';
import { Random } from '../support/random.js';
import { Hopeless, waitUntil } from '../support/wait-for.js';

const COUNT = 400;
const seed = Number(process.env['CHAOS_SEED'] ?? 1);

describe(`a link that is bad (CHAOS_SEED=${seed})`, function () {
  this.timeout(60_000);
  const fleet = useFleet({ pc2: { reporter: fixture('reporter') } });
  const ledgerFiles: string[] = [];

  afterEach(() => {
    const { link } = fleet();
    link.delayMs = 0;
    link.bytesPerSecond = Number.POSITIVE_INFINITY;
    link.restore();
  });

  it('slow and late – 200 ms on the way, one megabit a second –, costs nobody his lease and no record', async () => {
    const { main, pc2, link } = fleet();
    const before = await pc2.process('reporter');
    link.delayMs = 200;
    link.bytesPerSecond = 125_000;
    const outOfReach: string[] = [];
    await burst(async () => {
      const { machines } = await main.ask('registry.list', {});
      for (const { machine, reachable } of machines) if (!reachable) outOfReach.push(machine);
    });
    expect(outOfReach).to.deep.equal([]);
    expect(await pc2.process('reporter')).to.include({ pid: before.pid, epoch: before.epoch });
    link.delayMs = 0;
    link.bytesPerSecond = Number.POSITIVE_INFINITY;
  });

  it('that comes and goes leaves no connection and no file behind', async () => {
    const { main, pc2, link } = fleet();
    await Promise.all([main.ready(), pc2.ready()]);
    const before = openFilesOf(pc2.nodePid);
    link.flap(new Random(seed), { upMsMax: 150, downMsMax: 100 });
    await burst(() => undefined);
    link.restore();
    await delivered();
    await Promise.all([main.ready(), pc2.ready()]);
    await waitUntil('the files of the broken connections to be closed', () => openFilesOf(pc2.nodePid) <= before);
  });

  /** Calls `look` again and again until all of it is accepted; afterwards main has all bursts once. */
  async function burst(look: () => void | Promise<void>): Promise<void> {
    const { pc2, root } = fleet();
    const file = join(root, `ledger-${ledgerFiles.length + 1}`);
    ledgerFiles.push(file);
    await pc2.call('reporter.burst', { count: COUNT, file, window: 8, perSecond: 150 });
    await waitUntil('the burst to end', async () => {
      await look();
      const { done, failed } = (await pc2.call('reporter.progress')) as { done: number; failed: string };
      if (failed !== '') throw new Hopeless(failed);
      return done === COUNT * ledgerFiles.length;
    });
    if (fleet().link.condition === 'open') await delivered();
  }

  async function delivered(): Promise<void> {
    const { main, pc2 } = fleet();
    const hasNothingLeft = async () => (await pc2.ask('journal.status', {})).pendingCount === 0;
    await waitUntil('pc2 to have nothing left', hasNothingLeft);
    const burst = storedErrors(main.logFile).filter(({ code }) => code === 'BURST');
    const mainRecords = burst.map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    const { acceptedCount, lost, duplicated, phantom, disordered } = judge({ ledgerFiles, mainRecords });
    expect({ acceptedCount, lost, duplicated, phantom, disordered }).to.deep.equal({
      acceptedCount: COUNT * ledgerFiles.length,
      lost: [],
      duplicated: [],
      phantom: [],
      disordered: [],
    });
  }
});
