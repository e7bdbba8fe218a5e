/** The logs of a machine: cut, compressed and bounded while real processes write into them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { lastLines } from '../../../agents/node/logs/log-lines.js';
import { answerLogs } from '../../../agents/node/logs/log-query.js';
import { logBounds } from '../../../agents/node/logs/log-rotation.js';
import { systemClock } from '../../../common/core/clock.js';
import { messageOf } from '../../../common/core/errors.js';
import { waitUntil } from '../../support/wait-for.js';
import { KIB, LogWorld, numbersIn, smallBounds, upTo, useLogWorld } from './log-world.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}.js`, import.meta.url));
const MIB = 1024 * KIB;
/** For much work on a box that has other work too. */
const LONG_MS = 180_000;
const TRIES_MAX = 3;

/** A process whose output is appended to a log, as that of an agent. */
function writer(path: string, count: number, pauseMs = 0): ChildProcess {
  const output = openSync(path, 'a');
  const child = spawn(process.execPath, [fixture('log-writer'), String(count), String(pauseMs)], {
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  return child;
}

const diskBytes = (folder: string): number =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

describe('the log store', () => {
  const world = useLogWorld();

  it('leaves a small log alone, cuts a full one and compresses what was cut', async () => {
    world().writeLines(0, 50);
    await world().look();
    expect(world().history).to.deep.equal([]);
    world().writeLines(50, 50);
    await world().look();
    expect(world().history).to.have.lengthOf(1);
    expect(world().history[0]).to.match(/^echo\.log\.0{15}-000000000010000\..*\.gz$/);
    world().writeLines(100, 5);
    expect(numbersIn(world().chain)).to.deep.equal(upTo(105));
  });

  it('cuts a log that has become old', async () => {
    let wallMs = 1_000;
    world().open({ clock: { wallMs: () => wallMs, monotonicMs: () => wallMs } });
    world().writeLines(0, 5);
    await world().look();
    wallMs += smallBounds.rotateMs - 1;
    await world().look();
    expect(world().history).to.deep.equal([]);
    wallMs += 1;
    await world().look();
    expect(world().history).to.have.lengthOf(1);
    wallMs += 1;
    world().writeLines(5, 5);
    await world().look();
    expect(world().history, 'the age begins anew').to.have.lengthOf(1);
    expect(numbersIn(world().chain)).to.deep.equal(upTo(10));
  });

  it('renames the log of a process that does not run, at the second look that finds it so', async () => {
    world().open();
    world().writeLines(0, 100);
    const { ino } = statSync(world().path('echo.log'));
    world().running.delete('echo');
    world().stopped.add('echo');
    await world().look();
    world().store.look();
    const [name = ''] = readdirSync(world().folder).filter((file) => file.endsWith('Z'));
    expect(statSync(world().path(name)).ino).to.equal(ino);
    await world().store.settled();
    expect(numbersIn(world().chain)).to.deep.equal(upTo(100));
  });

  it('notices that somebody emptied a log: who follows it gets the new lines, each once', async () => {
    world().writeLines(0, 50);
    await world().look();
    const { file, nextOffset } = await answerLogs(world().chain, { agent: 'echo', last: 0 }, systemClock);
    truncateSync(world().path('echo.log'));
    await world().look();
    world().writeLines(100, 20);
    await world().look();
    const { lines } = await answerLogs(world().chain, { agent: 'echo', offset: nextOffset, file }, systemClock);
    expect(lines).to.have.lengthOf(20);
    world().open();
    expect(numbersIn(world().chain, nextOffset)).to.deep.equal(upTo(120).slice(100));
  });

  it('notices it even when there was no node at that time', async () => {
    world().writeLines(0, 50);
    await world().look();
    const { nextOffset } = await answerLogs(world().chain, { agent: 'echo', last: 0 }, systemClock);
    await world().close();
    truncateSync(world().path('echo.log'));
    world().writeLines(100, 20);
    world().open();
    expect(numbersIn(world().chain, nextOffset)).to.deep.equal(upTo(120).slice(100));
  });

  it('gives history for what is written now, and cuts the largest log when there is none to give', async () => {
    world().writeNoise(0, 80);
    await world().look();
    expect(world().history).to.deep.equal([]);
    world().writeNoise(80, 20);
    await world().look();
    expect(world().history).to.have.lengthOf(1);
    for (let index = 0; index < 8; index++) {
      world().running.add(`small-${index}`);
      world().writeNoise(0, 81 - index, `small-${index}`); // each under its own bound, together near that of all
    }
    await world().look();
    expect(world().history).to.deep.equal([]);
    world().writeNoise(0, 70);
    await world().look();
    expect(world().history[0]).to.match(/^small-0\.log/);
    expect(numbersIn(world().store.chainOf('small-0'))).to.deep.equal(upTo(81));
  });

  it('keeps all logs within their bound: the oldest history of all goes first, the newest lines of each stay', async () => {
    const names = ['echo', 'probe', 'quiet'];
    for (const name of names) world().running.add(name);
    world().writeLines(0, 30, 100, 'quiet');
    let wallMs = 0;
    world().open({ clock: { wallMs: () => wallMs, monotonicMs: () => wallMs } });
    for (let number = 0; number < 3_000; number++) {
      for (const name of ['echo', 'probe']) world().writeNoise(number, 1, name);
      if (number % 50 > 0) continue;
      wallMs += 1_000;
      await world().look();
      expect(diskBytes(world().folder)).to.be.below(smallBounds.totalBytes + 5 * KIB); // times are beside
    }
    for (const name of ['echo', 'probe']) {
      const numbers = numbersIn(world().store.chainOf(name));
      expect(numbers).to.deep.equal(upTo(3_000).slice(-numbers.length));
      expect(numbers.length).to.be.above(100);
    }
    expect(numbersIn(world().store.chainOf('quiet'))).to.deep.equal(upTo(30));
    expect(world().store.counters.logPiecesDropped).to.be.above(10);
  });

  it('gives the last lines of a process that died right after its log was cut', async () => {
    world().writeLines(0, 100);
    world().store.look();
    await world().store.settled();
    expect(world().chain.currentBytes).to.equal(0);
    expect(lastLines(world().chain, 3).map((line) => line.slice(0, 8))).to.deep.equal([
      'line 97 ',
      'line 98 ',
      'line 99 ',
    ]);
  });

  it('lets a reader follow a process through many cuts: every line once, in order', async () => {
    const bounds = logBounds({ rotateBytes: 1_000, rotateMs: 3_600_000, totalBytes: MIB });
    const store = world().open({ bounds });
    const child = writer(world().path('echo.log'), 150, 10);
    const chain = store.chainOf('echo');
    let place = await answerLogs(chain, { agent: 'echo', last: 100 }, systemClock);
    const lines = [...place.lines];
    const exited = once(child, 'exit');
    await waitUntil('all lines to be read', async () => {
      store.look();
      await store.settled();
      place = await answerLogs(chain, { agent: 'echo', offset: place.nextOffset, file: place.file }, systemClock);
      lines.push(...place.lines);
      return lines.length >= 150;
    });
    await exited;
    expect(lines.map((line) => Number(line.split(' ')[1]))).to.deep.equal(upTo(150));
    expect(chain.pieces.length).to.be.above(2);
  });

  /** What is there of 150 lines that a process wrote while one keeper of its log after the other was killed. */
  async function keptUnderKills(kept: LogWorld): Promise<number[]> {
    const child = writer(kept.path('echo.log'), 150, 10);
    const exited = once(child, 'exit');
    let isOver = false;
    void exited.then(() => {
      isOver = true;
    });
    for (let count = 0; !isOver; count++) {
      const keeper = spawn(process.execPath, [fixture('log-keeper'), kept.folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(keeper.stdout ?? keeper, 'data');
      const before = kept.history.length;
      // At any moment of its work: not before it has done some.
      await waitUntil('a cut', () => isOver || kept.history.length > before + (count % 3));
      keeper.kill('SIGKILL');
      await once(keeper, 'exit');
    }
    await exited;
    return numbersIn(kept.open().chainOf('echo'));
  }

  it('loses and doubles no line when it is killed again and again while a process writes', async () => {
    // A box that stands still just between the last look at a log and its truncation loses what comes then, and one that
    // compresses too slowly drops the middle of it, as is promised: in one of three tries nothing is missing.
    let numbers: number[] = [];
    for (let tries = 0; tries < TRIES_MAX && numbers.length < 150; tries++) {
      const kept = new LogWorld(mkdtempSync(join(world().folder, 'kept-')));
      numbers = await keptUnderKills(kept);
      await kept.close();
      expect(numbers, 'none twice, and in order').to.deep.equal([...new Set(numbers)].sort((a, b) => a - b));
    }
    expect(numbers).to.deep.equal(upTo(150));
  });

  it('holds its bound against a process that writes as fast as it can, says so once, and harms nobody else', async function () {
    this.timeout(LONG_MS);
    const bounds = logBounds({ rotateBytes: 256 * KIB, rotateMs: 3_600_000, totalBytes: 4 * MIB });
    world().running.add('quiet');
    const store = world().open({ bounds });
    const count = 600_000; // 60 MB
    const flood = once(writer(world().path('echo.log'), count), 'exit');
    const quiet = once(writer(world().path('quiet.log'), 50, 5), 'exit');
    let largest = 0;
    let isOver = false;
    void Promise.all([flood, quiet]).then(() => {
      isOver = true;
    });
    store.start();
    const hasEnded = () => {
      largest = Math.max(largest, store.chainOf('echo').pieceBytes);
      return isOver;
    };
    await waitUntil('the flood to be over', hasEnded, LONG_MS);
    await world().look();
    await world().look();
    expect(largest).to.be.below(bounds.totalBytes);
    expect(diskBytes(world().folder)).to.be.below(bounds.totalBytes);
    expect(world().reports.map(({ code }) => code)).to.deep.equal(['LOG_FLOOD']);
    expect(store.counters.logBytesDropped).to.be.above(10 * MIB);
    const numbers = numbersIn(store.chainOf('echo'));
    expect(numbers).to.deep.equal(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size, 'no line twice').to.equal(numbers.length);
    expect(numbers.at(-1)).to.equal(count - 1);
    expect(numbersIn(store.chainOf('quiet'))).to.deep.equal(upTo(50));
  });
});

describe('the log store on a disk that is full', () => {
  const disks: LogWorld[] = [];

  beforeEach(function () {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-small-'));
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'pipe' });
    } catch (thrown) {
      console.log(`      SKIPPED: no small filesystem can be mounted here: ${messageOf(thrown)}`);
      rmSync(folder, { recursive: true });
      this.skip();
    }
    disks.push(new LogWorld(folder));
  });
  afterEach(async () => {
    for (const disk of disks.splice(0)) {
      await disk.close();
      execFileSync('/bin/umount', [disk.folder]);
      rmSync(disk.folder, { recursive: true });
    }
  });

  it('gives old history for the new, says once when there is none, and goes on when there is room again', async () => {
    const [small] = disks;
    if (small === undefined) throw new Error('there is no small disk');
    let nowMs = 0;
    const look = async () => {
      nowMs += 10_000;
      await small.look();
    };
    const bounds = logBounds({ rotateBytes: 40 * KIB, rotateMs: 3_600_000, totalBytes: 100 * MIB });
    small.open({ bounds, clock: { wallMs: () => nowMs, monotonicMs: () => nowMs } });
    small.writeNoise(0, 1_000);
    await look();
    expect(numbersIn(small.chain)).to.deep.equal(upTo(1_000));

    small.writeNoise(1_000, 500);
    const ballast = small.path('ballast');
    fill(ballast);
    await look();
    expect(small.reports, 'the old piece was given').to.deep.equal([]);
    expect(small.store.trouble).to.equal('');

    small.writeNoise(1_500, 500);
    rmSync(small.chain.pieces[0]?.path ?? '', { force: true });
    fill(`${ballast}.2`);
    small.open({ bounds, clock: { wallMs: () => nowMs, monotonicMs: () => nowMs } });
    await look();
    await look();
    expect(small.reports.map(({ code }) => code)).to.deep.equal(['LOG_ROTATION_FAILED', 'LOG_DISK_FULL']);
    expect(small.store.trouble).to.match(/^the log of echo@pc2 cannot be cut: ENOSPC.* \(and 1 more\)$/);
    expect(numbersIn(small.chain), 'what cannot be moved stays').to.deep.equal(upTo(2_000).slice(1_500));

    for (const name of readdirSync(small.folder).filter((name) => name.startsWith('ballast'))) rmSync(small.path(name));
    await look();
    expect(small.store.trouble).to.equal('');
    expect(small.chain.currentBytes).to.equal(0);
    expect(numbersIn(small.chain)).to.deep.equal(upTo(2_000).slice(1_500));
    expect(small.reports).to.have.lengthOf(2);
  });

  it('says once that it is full, though no log is to be cut, until there is room again', async () => {
    const [small] = disks;
    if (small === undefined) throw new Error('there is no small disk');
    small.writeLines(0, 5);
    fill(small.path('ballast'));
    for (let look = 0; look < 3; look++) await small.look();
    expect(small.reports.map(({ code }) => code)).to.deep.equal(['LOG_DISK_FULL']);
    expect(small.store.trouble).to.match(
      /^the disk of the logs is full: \d+ bytes are left in .*what processes write is lost$/,
    );
    for (const name of readdirSync(small.folder).filter((name) => name.startsWith('ballast'))) rmSync(small.path(name));
    await small.look();
    expect(small.store.trouble).to.equal('');
  });

  /** Takes every byte that is left. */
  function fill(path: string): void {
    for (let sizeBytes = 256 * KIB; sizeBytes >= 1; sizeBytes = Math.floor(sizeBytes / 2)) {
      try {
        writeFileSync(`${path}.${sizeBytes}`, Buffer.alloc(sizeBytes));
      } catch {
        // no room for so much
      }
    }
  }
});
