import { expect } from 'chai';
import { BatchSize } from '../../../agents/node/forwarding/batch-size.js';
import { limits } from '../../../common/core/limits.js';

const MAX = limits.recordBatchBytesMax;
const SLOW = limits.heartbeatIntervalMs + 1;

describe('the size of a batch', () => {
  it('is the limit at first, and stays there while answers are quick', () => {
    const size = new BatchSize();
    expect(size.bytes).to.equal(MAX);
    for (let turn = 0; turn < 3; turn++) size.onAnswered(1);
    expect(size.bytes).to.equal(MAX);
  });

  it('is halved by an answer that took longer than a heartbeat, and by one that never came', () => {
    const size = new BatchSize();
    size.onAnswered(SLOW);
    expect(size.bytes).to.equal(MAX / 2);
    size.onFailed();
    expect(size.bytes).to.equal(MAX / 4);
    size.onAnswered(limits.heartbeatIntervalMs);
    expect(size.bytes).to.equal((MAX / 4) * 1.25);
  });

  it('has a floor, and comes back from it', () => {
    const size = new BatchSize();
    for (let turn = 0; turn < 100; turn++) size.onFailed();
    expect(size.bytes).to.equal(8 * 1024);
    for (let turn = 0; turn < 22; turn++) size.onAnswered(1);
    expect(size.bytes).to.equal(MAX);
  });

  it('settles where a link of one megabit carries a batch in a heartbeat, without breaking it', () => {
    const size = new BatchSize();
    const tookMs = () => (size.bytes / 125_000) * 1_000;
    for (let turn = 0; turn < 10; turn++) size.onAnswered(tookMs());
    const settled = Array.from({ length: 50 }, () => {
      size.onAnswered(tookMs());
      return tookMs();
    });
    expect(Math.max(...settled)).to.be.at.most(1.25 * limits.heartbeatIntervalMs);
    expect(Math.min(...settled)).to.be.greaterThan(limits.heartbeatIntervalMs / 4);
  });
});
