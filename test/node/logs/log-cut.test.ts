/** Cutting a log: nothing of it is lost or doubled, at whatever step the one that cuts is killed. */
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { writeArchive } from '../../../agents/node/logs/log-archive.js';
import { type CutStep, cutByCopy, cutByDrop, cutByRename } from '../../../agents/node/logs/log-cut.js';
import { linesIn, numbered, numbersIn, upTo, useLogWorld } from './log-world.js';

const VICTIM = fileURLToPath(new URL('../../fixtures/cut-victim.js', import.meta.url));
const MIB = 1024 * 1024;

describe('cutting a log', () => {
  const world = useLogWorld();

  it('by copying leaves an empty file for the process to go on in, and a piece of history', async () => {
    world().writeLines(0, 10_000); // a megabyte: most of it in the background
    const piece = await cutByCopy(world().chain, 10 * MIB, () => 5_000);
    world().writeLines(10_000, 10);
    expect(world().chain.currentBytes).to.equal(1_000);
    expect(piece).to.deep.include({ start: 0, end: 1_000_000, wallMs: 5_000, sizeBytes: 1_000_000 });
    expect(numbersIn(world().chain)).to.deep.equal(upTo(10_010));
  });

  it('by copying takes what comes while it copies, up to the last moment', async () => {
    world().writeLines(0, 5_000);
    let count = 5_000;
    const write = () => world().writeLines(count++, 1);
    const writer = setInterval(write, 0);
    await cutByCopy(
      world().chain,
      10 * MIB,
      () => 0,
      (step) => {
        if (step === 'copied' || step === 'named' || step === 'done') write();
      },
    );
    clearInterval(writer);
    expect(count).to.be.at.least(5_003);
    expect(numbersIn(world().chain)).to.deep.equal(upTo(count));
  });

  it('by copying is given up, and nothing has changed, when the log outgrows its bound', async () => {
    world().writeLines(0, 100);
    expect(await cutByCopy(world().chain, 9_999, () => 0)).to.equal(undefined);
    expect(world().history).to.deep.equal([]);
    expect(numbersIn(world().chain)).to.deep.equal(upTo(100));
  });

  it('by renaming keeps all of it, and the next process begins a new file', () => {
    world().writeLines(0, 100);
    cutByRename(world().chain, 5_000);
    world().writeLines(100, 100);
    cutByRename(world().chain, 5_000);
    expect(cutByRename(world().chain, 5_000)).to.equal(undefined);
    expect(world().history).to.have.lengthOf(2);
    expect(numbersIn(world().chain)).to.deep.equal(upTo(200));
  });

  it('by dropping keeps the last whole lines, and says before them how much is gone', () => {
    world().writeLines(0, 1_000);
    const droppedBytes = cutByDrop(world().chain, 2_050, 5_000);
    world().writeLines(1_000, 10);
    expect(droppedBytes).to.equal(98_000);
    const lines = linesIn(world().chain);
    expect(lines[0]).to.equal('[mesh] 98000 bytes of output were dropped here: they came faster than they can be kept');
    expect(numbersIn(world().chain)).to.deep.equal(upTo(1_010).slice(980));
    expect(world().chain.end).to.equal(101_000);
  });

  const steps: readonly [way: 'copy' | 'drop', step: CutStep][] = [
    ['copy', 'copied'],
    ['copy', 'named'],
    ['copy', 'truncated'],
    ['copy', 'done'],
    ['drop', 'named'],
    ['drop', 'truncated'],
  ];
  for (const [way, step] of steps) {
    it(`loses and doubles nothing when it is killed at "${step}" of a ${way}, whatever the process writes meanwhile`, function () {
      this.timeout(180_000);
      for (const [already, further] of [
        [false, 0],
        [false, 50],
        [true, 3_500],
      ] as const) {
        const folder = world().folder;
        for (const file of [...world().history, 'echo.log', 'echo.log.times'])
          rmSync(world().path(file), { force: true });
        if (already) {
          world().writeLines(0, 10);
          cutByRename(world().open().chainOf('echo'), 5_000);
        }
        const before = already ? 10 : 0;
        world().writeLines(before, 3_000);
        const { signal, stderr } = spawnSync(process.execPath, [VICTIM, folder, way, step], { encoding: 'utf8' });
        expect(signal, stderr).to.equal('SIGKILL');
        world().writeLines(before + 3_000, further);
        const numbers = numbersIn(world().open().chainOf('echo'));
        const isDropped = way === 'drop' && step === 'truncated';
        expect(numbers).to.deep.equal([
          ...upTo(before),
          ...upTo(before + 3_000 + further).slice(isDropped ? before + 2_980 : before),
        ]);
        expect(world().history.filter((name) => !name.endsWith('Z'))).to.deep.equal([]);
      }
    });
  }
});

describe('compressing a piece of a log', () => {
  const world = useLogWorld();
  const never = new AbortController().signal;

  async function piece(): Promise<string> {
    world().writeLines(0, 10_000);
    const { path = '' } = cutByRename(world().chain, 5_000) ?? {};
    return path;
  }

  it('makes a file that any gunzip reads, a tenth as large', async () => {
    const path = await piece();
    const sizeBytes = await writeArchive(path, world().path('out.gz'), never);
    const archive = readFileSync(world().path('out.gz'));
    expect(archive).to.have.lengthOf(sizeBytes);
    expect(gunzipSync(archive).equals(readFileSync(path))).to.equal(true);
    expect(sizeBytes).to.be.below(100_000);
  });

  it('loses and doubles nothing when it is killed before the archive is complete, or before the original is deleted', async () => {
    const path = await piece();
    writeFileSync(`${path}.gz.part`, 'half of an archive');
    expect(numbersIn(world().open().chainOf('echo'))).to.deep.equal(upTo(10_000));
    expect(world().history).to.have.lengthOf(1);
    await writeArchive(path, world().path('out.gz'), never);
    renameSync(world().path('out.gz'), `${path}.gz`);
    expect(numbersIn(world().open().chainOf('echo'))).to.deep.equal(upTo(10_000));
    expect(world().history.map((name) => name.slice(-3))).to.deep.equal(['.gz']);
  });

  it('takes what was moved aside when the node was started anew as the past of the log', () => {
    writeFileSync(world().path('node.log.1'), numbered(0, 10).join(''));
    world().writeLines(10, 10, 100, 'node');
    expect(numbersIn(world().open().chainOf('node'))).to.deep.equal(upTo(20));
    expect(world().history).to.have.lengthOf(1);
  });
});
