import { expect } from 'chai';
import { nextBeatMs } from '../../agents/sdk/beat-schedule.js';
import { limits } from '../../common/core/limits.js';

describe('the words of the agents of a machine', () => {
  const everyMs = limits.heartbeatIntervalMs;

  it('come at four moments of a second, whenever the agents were started', () => {
    const moments = new Set<number>();
    for (let startMs = 5_000; startMs < 6_000; startMs += 0.7) moments.add(nextBeatMs(startMs) % everyMs);
    expect([...moments].sort((a, b) => a - b)).to.deep.equal([0, everyMs / 4, everyMs / 2, (everyMs * 3) / 4]);
  });

  it('come a second after each other, though timers are early or late by a little', () => {
    const dueMs = nextBeatMs(12_345.6);
    for (const offMs of [-1.2, 0, 0.4, 20]) expect(nextBeatMs(dueMs + offMs)).to.equal(dueMs + everyMs);
  });

  it('come in time after one that was held up', () => {
    for (let heldUpMs = 0; heldUpMs < 10_000; heldUpMs += 13) {
      const afterMs = nextBeatMs(heldUpMs) - heldUpMs;
      expect(afterMs).to.be.within(everyMs * 0.875, everyMs * 1.125);
    }
  });
});
