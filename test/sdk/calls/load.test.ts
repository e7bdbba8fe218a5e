/** What a caller sees of an instance's speed, on a clock of the test's own. */
import { expect } from 'chai';
import { Load } from '../../../agents/sdk/calls/choice/load.js';

describe('the load of an instance', () => {
  let load: Load;
  beforeEach(() => {
    load = new Load();
  });

  const call = (sentMs: number, ms: number) => {
    load.onSent(sentMs);
    load.onAnswer(sentMs, sentMs + ms);
  };

  it('is what its answers took, the latest most', () => {
    call(0, 100);
    expect(load.expectedMs(100)).to.be.closeTo(100, 1);
    for (let nowMs = 1_000; nowMs < 2_000; nowMs += 10) call(nowMs, 10);
    expect(load.expectedMs(2_000)).to.be.closeTo(10, 1);
  });

  it('takes a burst of answers for one observation', () => {
    call(0, 10);
    for (let i = 0; i < 1_000; i++) load.onSent(10);
    for (let i = 0; i < 1_000; i++) load.onAnswer(10, 30);
    expect(load.expectedMs(30)).to.be.lessThan(12);
  });

  it('fades while nothing is observed, the slower the longer its answers take', () => {
    call(0, 100);
    expect(load.expectedMs(30_000)).to.be.lessThan(1);
    call(100_000, 60_000);
    expect(load.expectedMs(190_000)).to.be.greaterThan(40_000);
  });

  it('is as long as its silence while calls are out', () => {
    call(0, 1);
    load.onSent(10);
    expect(load.expectedMs(500)).to.equal(490);
    load.onAnswer(10, 500);
    expect(load.expectedMs(5_000)).to.be.lessThan(500);
  });

  it('does not take a quiet stream for silence, and counts it as work', () => {
    const idle = load.cost(1_000);
    load.onStream(true);
    expect(load.cost(1_000)).to.equal(2 * idle);
    load.onStream(false);
    expect(load.cost(1_000)).to.equal(idle);
  });

  it('is more for as long as it asked not to be called', () => {
    load.avoid(200, 0);
    load.avoid(50, 0);
    expect(load.expectedMs(100)).to.be.greaterThan(100);
    expect(load.expectedMs(200)).to.be.lessThan(1);
  });
});
