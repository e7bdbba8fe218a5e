import { expect } from 'chai';
import fc from 'fast-check';
import { NO_USAGE, UsageHistory, type UsageSample } from '../../../agents/node/resources/usage-history.js';

const look = (figure: number): UsageSample => ({
  cpuPercent: figure,
  rssBytes: figure * 1_048_577,
  openFiles: figure,
  loopLagMs: figure,
});
const filled = (capacity: number, looks: readonly UsageSample[]): UsageHistory => {
  const history = new UsageHistory(capacity);
  for (const sample of looks) history.add(sample);
  return history;
};

describe('the history of what an agent used', () => {
  it('is empty before the first look', () => {
    expect(new UsageHistory(3).series()).to.deep.equal({ cpuPercent: [], rssBytes: [], openFiles: [], loopLagMs: [] });
  });

  it('keeps the newest looks, oldest first, with every digit of a size', () => {
    const { cpuPercent, rssBytes } = filled(3, [1, 2, 3, 4, 5].map(look)).series();
    expect(cpuPercent).to.deep.equal([3, 4, 5]);
    expect(rssBytes).to.deep.equal([3_145_731, 4_194_308, 5_242_885]);
  });

  it('has a gap where there was no figure', () => {
    const { cpuPercent, openFiles } = filled(3, [look(1), NO_USAGE, { ...look(3), openFiles: null }]).series();
    expect(cpuPercent).to.deep.equal([1, null, 3]);
    expect(openFiles).to.deep.equal([1, null, null]);
  });

  it('folds looks into points: the mean of the processor, the peak of the rest, the newest point whole', () => {
    const history = filled(8, [look(10), look(1), look(2), NO_USAGE, look(6), NO_USAGE, NO_USAGE]);
    const { cpuPercent, openFiles } = history.series(2);
    expect(cpuPercent).to.deep.equal([10, 1.5, 6, null]);
    expect(openFiles).to.deep.equal([10, 2, 6, null]);
  });

  it('holds what was put in last, whatever the numbers and however it is folded', () => {
    const figures = fc.array(fc.option(fc.integer({ min: 0, max: 100_000 })), { maxLength: 50 });
    const shape = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(figures, shape, shape, (values, capacity, looksPerPoint) => {
        const history = filled(
          capacity,
          values.map((value) => (value === null ? NO_USAGE : look(value))),
        );
        const kept = values.slice(-capacity);
        expect(history.series().cpuPercent).to.deep.equal(kept);
        const { openFiles } = history.series(looksPerPoint);
        expect(openFiles).to.have.length(Math.ceil(kept.length / looksPerPoint));
        const known = kept.filter((value) => value !== null);
        expect(Math.max(...openFiles.filter((value) => value !== null))).to.equal(Math.max(...known));
      }),
    );
  });
});
