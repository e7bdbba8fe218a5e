/** Lines of a log over all its files: compressed, cut and current ones are one. */
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { cutByRename } from '../../../agents/node/logs/log-cut.js';
import { lastLines, pageAfter, startOfLast, startOfTime, timesOf } from '../../../agents/node/logs/log-lines.js';
import { answerLogs } from '../../../agents/node/logs/log-query.js';
import { systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import { linesIn, numbered, numbersIn, upTo, useLogWorld } from './log-world.js';

describe('the lines of a log', () => {
  const world = useLogWorld();

  /** Lines 0 to 99 compressed, 100 to 199 cut, 200 to 299 current, the borders in the middle of a line. */
  async function threeFiles(): Promise<void> {
    const text = numbered(0, 300).join('');
    const { chain, store } = world();
    world().write(text.slice(0, 10_050));
    cutByRename(chain, 1_000);
    await store.settled();
    world().write(text.slice(10_050, 20_050));
    cutByRename(chain, 2_000);
    world().write(text.slice(20_050));
    expect(chain.pieces.map(({ isArchived }) => isArchived)).to.deep.equal([true, false]);
  }

  it('are those of all its files, each once and in order', async () => {
    await threeFiles();
    expect(linesIn(world().chain)).to.deep.equal(numbered(0, 300).map((line) => line.trimEnd()));
  });

  it('begin at any offset', async () => {
    await threeFiles();
    const { chain } = world();
    for (const line of [0, 99, 100, 101, 150, 199, 200, 201, 299]) {
      expect(numbersIn(chain, line * 100)[0]).to.equal(line);
      expect(numbersIn(chain, line * 100)).to.have.lengthOf(300 - line);
    }
  });

  it('have last ones, over the borders of files', async () => {
    await threeFiles();
    const { chain } = world();
    for (const count of [0, 1, 99, 100, 150, 250, 300, 1_000]) {
      const start = await startOfLast(chain, count);
      expect(numbersIn(chain, start)).to.deep.equal(upTo(300).slice(300 - Math.min(300, count)));
      expect(lastLines(chain, count)).to.have.lengthOf(Math.min(300, count));
    }
    expect(lastLines(chain, 101)[0]).to.match(/^line 199 /);
  });

  it('are none when there is no log', async () => {
    const { chain } = world();
    expect(pageAfter(chain, 0)).to.deep.equal({ startOffset: 0, nextOffset: 0, lines: [], ends: [] });
    expect(lastLines(chain, 5)).to.deep.equal([]);
    expect(await startOfLast(chain, 5)).to.equal(0);
    expect(await startOfTime(chain, 5, 10)).to.equal(0);
  });

  it('keep one without its end for the next time; among the last ones of a dead process it counts', async () => {
    const { chain } = world();
    world().write('a\n\nhal');
    const first = pageAfter(chain, 0);
    expect(first.lines).to.deep.equal(['a', '']);
    expect(lastLines(chain, 2)).to.deep.equal(['', 'hal']);
    expect(await startOfLast(chain, 1)).to.equal(2);
    world().write('f\n');
    expect(pageAfter(chain, first.nextOffset).lines).to.deep.equal(['half']);
  });

  it('give a huge one in pieces rather than never', () => {
    world().write(`${'x'.repeat(limits.logChunkBytesMax + 10)}\n`);
    const { chain } = world();
    const page = pageAfter(chain, 0);
    expect(page.nextOffset).to.equal(limits.logChunkBytesMax);
    expect(pageAfter(chain, page.nextOffset).lines).to.deep.equal(['x'.repeat(10)]);
  });

  it('go on behind what is gone, and say so', async () => {
    await threeFiles();
    const { chain } = world();
    rmSync(chain.pieces[1]?.path ?? '');
    const before = pageAfter(chain, 10_000);
    expect(before.lines, 'the beginning of a line whose end is gone').to.deep.equal(['line 100 '.padEnd(50, '.')]);
    expect(pageAfter(chain, before.nextOffset).startOffset).to.equal(20_050);
    const { startOffset, lines } = await answerLogs(chain, { agent: 'echo', offset: before.nextOffset }, systemClock);
    expect(startOffset).to.equal(20_050);
    expect(lines[1]).to.match(/^line 201 /);
  });

  it('go on behind a piece that is damaged', async () => {
    await threeFiles();
    const { chain } = world();
    const path = chain.pieces[0]?.path ?? '';
    truncateSync(path, 100);
    expect(numbersIn(chain)[0]).to.equal(101);
    writeFileSync(path, Buffer.alloc(1_000));
    expect(numbersIn(chain)[0]).to.equal(101);
    expect(lastLines(chain, 300)).to.have.lengthOf(199);
    expect(chain.unreadableCount).to.be.above(1);
  });

  it('begin at a time: that of the line, or of the look that first saw it', async () => {
    const { chain } = world();
    const second = (n: number) => new Date(n * 1_000).toISOString();
    world().write(`{"time":"${second(1)}"}\n{"time":"${second(2)}"}\n`);
    chain.noteSize(chain.currentBytes, 2_000);
    world().write(`${'foreign '.repeat(40)}\n`);
    chain.noteSize(chain.currentBytes, 9_000);
    world().write(`{"time":"${second(12)}"}\n`);
    const from = async (wallMs: number) => linesIn(chain, await startOfTime(chain, wallMs, 20_000)).length;
    expect(await Promise.all([0, 1_000, 1_500, 2_001, 9_000, 9_001, 12_000, 12_001].map(from))).to.deep.equal([
      4, 4, 3, 2, 2, 1, 1, 0,
    ]);
  });

  it('begin at a time in a piece of the past', async () => {
    await threeFiles();
    const { chain } = world();
    // Only the moments of the cuts are known: 1,000 and 2,000.
    expect(numbersIn(chain, await startOfTime(chain, 2_500, 5_000))[0]).to.equal(101);
    expect(numbersIn(chain, await startOfTime(chain, 4_000, 5_000))[0]).to.equal(201);
  });

  it('without a word of their own were written at the latest when the next was', () => {
    const { chain } = world();
    world().write(`{"time":1700000001000}\n  at stack\n{"time":1700000002000}\nlast\n`);
    chain.times.note(1, 1_600_000_000_000);
    const page = pageAfter(chain, 0);
    expect(
      timesOf(page, chain.times.entries(), 1_700_000_009_000).map((time) => (time ?? 0) / 1_000 - 1_700_000_000),
    ).to.deep.equal([1, 2, 2, 9]);
    expect(timesOf(page, [], 5)).to.deep.equal([1_700_000_001_000, null, 1_700_000_002_000, null]);
  });

  it('are answered a page at a time, to the end', async () => {
    const { chain } = world();
    const count = 12_000;
    world().write(numbered(0, count, 60).join(''));
    let page = await answerLogs(chain, { agent: 'echo', last: 10_000 }, systemClock);
    const { endOffset } = page;
    let lines = page.lines.length;
    expect(lines).to.be.below(10_000);
    expect(page.lines[0]).to.match(/^line 2000 /);
    while (page.nextOffset < endOffset) {
      page = await answerLogs(chain, { agent: 'echo', offset: page.nextOffset, file: page.file }, systemClock);
      lines += page.lines.length;
    }
    expect(lines).to.equal(10_000);
    expect(page.lines.at(-1)).to.match(/^line 11999 /);
  });

  it('are all new when somebody deleted the log and it was begun anew', async () => {
    world().writeLines(0, 50);
    const { file, nextOffset } = await answerLogs(world().chain, { agent: 'echo', last: 0 }, systemClock);
    for (const end of ['', '.times']) rmSync(world().path(`echo.log${end}`));
    const { chain } = { chain: world().open().chainOf('echo') };
    world().writeLines(100, 70);
    const { lines } = await answerLogs(chain, { agent: 'echo', offset: nextOffset, file }, systemClock);
    expect(lines).to.have.lengthOf(70);
  });
});
