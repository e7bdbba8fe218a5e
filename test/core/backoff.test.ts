/** Waiting longer each time, and never all at once. */
import { expect } from 'chai';
import fc from 'fast-check';
import { backoffMs } from '../../common/core/backoff.js';

const policy = { firstMs: 100, maxMs: 1_000, factor: 2 };

describe('the backoff', () => {
  const rows: readonly [number, number, number][] = [
    [1, 0, 50],
    [1, 0.5, 75],
    [2, 0, 100],
    [3, 0, 200],
    [4, 0, 400],
    [5, 0, 500],
    [5_000, 0, 500],
    [0, 0, 50],
  ];
  for (const [attempt, random, ms] of rows)
    it(`waits ${ms} ms before attempt ${attempt} when chance says ${random}`, () =>
      expect(backoffMs(policy, attempt, random)).to.equal(ms));

  it('stays within half of its ceiling and the ceiling, whatever the attempt', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const ceilingMs = Math.min(policy.firstMs * 2 ** (attempt - 1), policy.maxMs);
          expect(backoffMs(policy, attempt, random)).to.be.within(ceilingMs / 2, ceilingMs);
        },
      ),
    ));
});
