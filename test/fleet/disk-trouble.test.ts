/**
 * Disks that are full, broken or read-only, under real nodes: nothing is acknowledged that is not stored and synced, the
 * trouble is said where people look, and all goes on by itself when it is over.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { runMesh } from '../cli/mesh-process.js';
import { TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import type { TestMachine } from '../support/fleet/test-machine.js';
import { storedErrors, storedTexts } from '../support/oracle/main-log.js';
import { Strace } from '../support/processes/strace.js';
import { waitUntil } from '../support/wait-for.js';

/** What is promised: everything goes on so long after the cause is gone. */
const BACK_MS = 5_000;

/** One emitter that numbers its records as agents do, and keeps which of them were acknowledged. */
class Emitter {
  readonly acknowledged: string[] = [];
  #nextSeq = 1;

  constructor(
    private readonly machine: TestMachine,
    private readonly agent: string,
  ) {}

  /** False when it was refused; then the next one has its number. */
  async emit(text: string, size = 10): Promise<boolean> {
    const body = encode({ text, padding: 'x'.repeat(size) });
    const { agent } = this;
    try {
      await this.machine.ask('journal.emit', {
        agent,
        epoch: 1,
        firstSeq: this.#nextSeq,
        records: [['load', 1, body]],
      });
    } catch (error) {
      if (error instanceof MeshError && error.code === 'JOURNAL_FAILED') return false;
      throw error;
    }
    this.#nextSeq++;
    this.acknowledged.push(text);
    return true;
  }

  /** Until it is refused. */
  async fill(name: string): Promise<void> {
    for (let count = 1; await this.emit(`${name} ${count}`, 50_000); count++) expect(count).to.be.lessThan(1_000);
  }
}

const textsOnMain = ({ main }: TestFleet): string[] => storedTexts(main.logFile, 'load').map(({ text }) => text);
/** All that was acknowledged, once and in order, and nothing that was refused. */
async function untilOnMain(fleet: TestFleet, { acknowledged }: Emitter): Promise<void> {
  await waitUntil('main to have all', () => textsOnMain(fleet).length >= acknowledged.length, BACK_MS);
  expect(textsOnMain(fleet)).to.deep.equal(acknowledged);
}

async function whenBack(machine: TestMachine): Promise<void> {
  const isBack = async () => (await machine.ask('journal.status', {})).degraded === '';
  await waitUntil(`${machine.name} to go on`, isBack, BACK_MS);
}

/** Takes all of the room but some kilobytes. @returns what gives it back */
function fillDisk(folder: string): () => void {
  const ballast = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 400_000)));
  return () => rmSync(ballast, { force: true });
}

describe('a disk that is full or read-only', function () {
  this.timeout(60_000);
  let fleet: TestFleet | undefined;
  let emitter: Emitter;
  let free: () => void = () => undefined;
  const mounted: string[] = [];

  before(async function () {
    fleet = await TestFleet.open({});
    for (const { data } of fleet.machines) {
      mkdirSync(data, { recursive: true });
      try {
        execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', data], { stdio: 'pipe' });
      } catch (thrown) {
        console.log(`      SKIPPED: no small filesystem can be mounted here: ${messageOf(thrown)}`);
        return this.skip();
      }
      mounted.push(data);
    }
    for (const machine of fleet.machines) machine.start();
    for (const machine of fleet.machines) await machine.ready();
    emitter = new Emitter(fleet.pc2, 'emitter');
  });
  afterEach(function () {
    free();
    if (this.currentTest?.state === 'failed') console.error(fleet?.outputs);
  });
  after(async () => {
    const faults = await Promise.all((fleet?.machines ?? []).map((machine) => machine.close()));
    for (const folder of mounted) execFileSync('/bin/umount', [folder]);
    await fleet?.close();
    expect(faults.flat()).to.deep.equal([]);
  });
  const opened = (): TestFleet => {
    if (fleet === undefined) throw new Error('there is no fleet');
    return fleet;
  };

  it('on a machine: records are refused, what the mesh says of it is stored and reaches main, and it goes on by itself', async () => {
    const { pc2, main } = opened();
    await emitter.emit('before');
    free = fillDisk(pc2.data);
    await emitter.fill('full');
    const { degraded } = await pc2.ask('journal.status', {});
    expect(degraded).to.match(/its disk is full|database or disk is full/);
    expect((await pc2.ask('node.status', {})).problems.join()).to.include(degraded);
    const { code, stdout } = await runMesh(['doctor', '--json'], { env: { MESH_HOME: pc2.home } });
    expect([code, stdout.includes(degraded)]).to.deep.equal([7, true]);
    // Stored on the full disk, in the room that was kept for it.
    const isTold = () => storedErrors(main.logFile).some((stored) => stored.code === 'JOURNAL_DEGRADED');
    await waitUntil('main to be told', isTold);
    expect(await emitter.emit('still full')).to.equal(false);

    free();
    await whenBack(pc2);
    expect(await emitter.emit('after')).to.equal(true);
    await untilOnMain(opened(), emitter);
  });

  it('on main: nothing is acknowledged to the machines, they keep it, and send it when there is room', async () => {
    const { pc2, main } = opened();
    free = fillDisk(main.data);
    for (let count = 1; count <= 40; count++) expect(await emitter.emit(`sent ${count}`, 40_000)).to.equal(true);
    await waitUntil('the log to say that it is full', async () => {
      const { degraded } = await (await main.mesh()).request('log', 'log.status', {});
      return /disk is full/.test(degraded);
    });
    await waitUntil('pc2 to say that nothing reaches main', async () =>
      (await pc2.ask('node.status', {})).problems.some((problem) => /do not reach main.*disk is full/.test(problem)),
    );
    expect((await pc2.ask('journal.status', {})).pendingCount).to.be.greaterThan(0);
    free();
    await untilOnMain(opened(), emitter);
  });

  it('that is read-only when a node starts: the node says so, and is up once it can be written', async () => {
    const { pc2 } = opened();
    // While a store is open the kernel refuses to make its filesystem read-only.
    await pc2.stop();
    execFileSync('/bin/mount', ['-o', 'remount,ro', pc2.data]);
    pc2.start();
    expect((await pc2.exit()).code).to.equal(2);
    expect(pc2.outputs).to.match(/the data folder .* cannot be used: EROFS/);
    execFileSync('/bin/mount', ['-o', 'remount,rw', pc2.data]);
    pc2.start();
    await pc2.ready();
    expect(await emitter.emit('writable again')).to.equal(true);
    await untilOnMain(opened(), emitter);
  });
});

describe('a disk that fails', function () {
  this.timeout(60_000);
  const fleet = useFleet({});
  let emitter: Emitter;

  before(function () {
    emitter = new Emitter(fleet().pc2, 'emitter');
    const { missing } = Strace;
    if (missing === '') return;
    console.log(`      SKIPPED: no system call can be seen or made to fail here: ${missing}`);
    this.skip();
  });
  const walOf = (file: string): string => `${file}-wal`;

  it('is synced between the row and the acknowledgement of each record', async () => {
    const { pc2 } = fleet();
    await emitter.emit('warm');
    const calls = 'trace=pwrite64,fsync,fdatasync,sendto,write,writev,sendmsg';
    const strace = await Strace.attach(pc2.nodePid, ['-y', '-s', '600', '-e', calls]);
    for (let count = 1; count <= 20; count++) await emitter.emit(`synced ${count}`);
    await strace.detach();
    // W: the row is written · S: synced · A: the acknowledgement leaves, which alone has hashes in it
    const steps = strace.lines.flatMap((line) => {
      if (/pwrite64\(\d+<[^>]*journal\.db-wal>/.test(line)) return ['W'];
      if (/f(data)?sync\(\d+<[^>]*journal\.db-wal>\)\s+= 0/.test(line) || /f(data)?sync resumed>\)\s+= 0/.test(line))
        return ['S'];
      return /(sendto|write|writev|sendmsg)\(.*hashes/.test(line) ? ['A'] : [];
    });
    const acknowledgements = steps.join('').split('A').slice(0, -1);
    expect(acknowledgements.length).to.equal(20);
    for (const before of acknowledgements) expect(before).to.match(/W.*S/);
  });

  for (const [error, calls] of [
    ['EIO', 'fsync,fdatasync'],
    ['EIO', 'pwrite64'],
    ['EROFS', 'pwrite64'],
    ['EACCES', 'pwrite64'],
  ] as const) {
    it(`with ${error} of ${calls}: nothing is acknowledged, and it goes on by itself`, async () => {
      const { pc2 } = fleet();
      const journal = join(pc2.data, 'journal.db');
      expect(await emitter.emit(`${error} ${calls} before`)).to.equal(true);
      const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=${error}`];
      const strace = await Strace.attach(pc2.nodePid, ['-P', journal, '-P', walOf(journal), ...inject]);
      for (let count = 1; count <= 5; count++) expect(await emitter.emit(`${error} ${count}`)).to.equal(false);
      expect((await pc2.ask('journal.status', {})).degraded).to.match(/cannot be written: disk I\/O error/);
      await strace.detach();
      await whenBack(pc2);
      expect(await emitter.emit(`${error} ${calls} after`)).to.equal(true);
      await untilOnMain(fleet(), emitter);
    });
  }

  it("of main's log: nothing is acknowledged to the machines, and all is there when it works again", async () => {
    const { main } = fleet();
    const { pid } = await main.process('broker');
    const inject = ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO'];
    const strace = await Strace.attach(pid, ['-P', main.logFile, '-P', walOf(main.logFile), ...inject]);
    for (let count = 1; count <= 5; count++) expect(await emitter.emit(`log ${count}`)).to.equal(true);
    await waitUntil('the log to say so', async () =>
      /disk I\/O error/.test((await (await main.mesh()).request('log', 'log.status', {})).degraded),
    );
    expect(textsOnMain(fleet())).to.deep.equal(emitter.acknowledged.slice(0, -5));
    await strace.detach();
    await untilOnMain(fleet(), emitter);
  });
});
