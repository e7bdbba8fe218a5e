/** When the bytes of a log were written, as far as looks at its size tell. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LogTimes, offsetBefore, timeAt } from '../../../agents/node/logs/log-times.js';
import { limits } from '../../../common/core/limits.js';
import { useTempFolder } from '../../support/temp-folder.js';

describe('the times of a log', () => {
  const folder = useTempFolder();
  const minted = { id: 'abcdefghjkmn', base: 0, bornMs: 0 };
  const path = () => join(folder.path, 'echo.log.times');
  const open = () => new LogTimes(path(), minted);

  it('are those of the looks: the first at which the log was as long', () => {
    const times = open();
    for (const [offset, wallMs] of [
      [1_000, 10],
      [2_000, 20],
      [3_000, 30],
    ] as const)
      times.note(offset, wallMs);
    const entries = times.entries();
    expect([1, 1_000, 1_001, 3_000, 3_001].map((offset) => timeAt(entries, offset))).to.deep.equal([
      10,
      10,
      20,
      30,
      undefined,
    ]);
    expect([5, 10, 11, 30, 31].map((wallMs) => offsetBefore(entries, wallMs))).to.deep.equal([
      0, 0, 1_000, 2_000, 3_000,
    ]);
  });

  it('are few beside the bytes of a busy log, and one for each line of a quiet one', () => {
    const times = open();
    for (let second = 0; second < 60; second++) times.note(second * 10, second * 1_000);
    expect(times.entries().map(({ wallMs }) => wallMs / 1_000)).to.deep.equal([10, 20, 30, 40, 50]);
    times.note(610, 600_000);
    times.note(620, 660_000);
    expect(
      times
        .entries()
        .slice(-2)
        .map(({ offset }) => offset),
    ).to.deep.equal([610, 620]);
  });

  it('never go back, though the clock does', () => {
    const times = open();
    times.note(1_000, 50_000);
    times.note(2_000, 20_000);
    expect(times.entries()).to.deep.equal([
      { offset: 1_000, wallMs: 50_000 },
      { offset: 2_000, wallMs: 50_000 },
    ]);
  });

  it('outlive the node, with the header', () => {
    const times = open();
    times.rewrite({ ...times.header, base: 500, bornMs: 7 });
    times.note(1_000, 10);
    times.flush();
    const again = new LogTimes(path(), { ...minted, id: 'zzzzzzzzzzzz' });
    expect(again.header).to.deep.equal({ id: minted.id, base: 500, bornMs: 7 });
    expect(again.entries()).to.deep.equal([{ offset: 1_000, wallMs: 10 }]);
    expect(again.lastOffset).to.equal(1_000);
  });

  it('are only a help: a torn or damaged line is left out, a lost header makes another log of it', () => {
    const times = open();
    times.note(1_000, 10);
    times.flush();
    appendFileSync(path(), 'nonsense\n900 20\n2000 30\n3000 4');
    expect(
      open()
        .entries()
        .map(({ offset }) => offset),
    ).to.deep.equal([1_000, 2_000]);
    writeFileSync(path(), '\0\0\0\n5 5\n');
    const other = { ...minted, id: 'zzzzzzzzzzzz' };
    expect(new LogTimes(path(), other).header.id).to.equal(other.id);
    expect(readFileSync(path(), 'utf8')).to.match(/^zzzzzzzzzzzz 0 0\n/);
  });

  it('become coarser in their older half when the list is full, and stay exact in the newer', () => {
    const times = open();
    const count = limits.logTimesMax * 3;
    for (let index = 1; index <= count; index++) times.note(index * 1_000, index * 1_000);
    const entries = times.entries();
    expect(entries.length).to.be.at.most(limits.logTimesMax + 8);
    const recent = entries.slice(-1_000).map(({ offset }) => offset / 1_000);
    expect(recent).to.deep.equal(Array.from({ length: 1_000 }, (_, index) => count - 999 + index));
    expect(entries[0]?.offset).to.be.below(100_000);
  });

  it('of bytes that are gone are forgotten when the file is written anew', () => {
    const times = open();
    for (let index = 1; index <= 20; index++) times.note(index * 1_000, index);
    times.rewrite(times.header, 15_500);
    expect(times.entries().map(({ offset }) => offset / 1_000)).to.deep.equal([16, 17, 18, 19, 20]);
  });
});
