/** Durations in a bounded place. */
import { expect } from 'chai';
import { DurationHistogram } from '../../../agents/sdk/actions/duration-histogram.js';

describe('a histogram of durations', () => {
  it('has nothing to say of nothing', () => expect(new DurationHistogram().summary).to.equal(undefined));

  it('tells median, 99th percentile and longest to within a fifth', () => {
    const histogram = new DurationHistogram();
    for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms);
    const { p50Ms = 0, p99Ms = 0, maxMs = 0 } = histogram.summary ?? {};
    expect(p50Ms).to.be.within(500, 600);
    expect(p99Ms).to.be.within(990, 1_200);
    expect(maxMs).to.be.within(1_000, 1_200);
  });

  it('takes whatever comes', () => {
    const histogram = new DurationHistogram();
    for (const ms of [0, -1, 1e-9, 1e12]) histogram.add(ms);
    expect(histogram.summary?.p50Ms).to.equal(0.01);
    expect(histogram.summary?.maxMs).to.be.greaterThan(500_000);
  });

  it('forgets what was long ago', () => {
    const histogram = new DurationHistogram();
    for (let n = 0; n < 1_000; n++) histogram.add(500);
    for (let n = 0; n < 11; n++) histogram.fade();
    histogram.add(1);
    expect(histogram.summary?.p50Ms).to.be.lessThan(2);
    for (let n = 0; n < 3; n++) histogram.fade();
    expect(histogram.summary).to.equal(undefined);
  });
});
