/** Where kept values and live events meet. */
import { expect } from 'chai';
import fc from 'fast-check';
import { LastValueSeam } from '../../common/wire/events/last-value-seam.js';

describe('the seam of kept values and live events', () => {
  it('lets a kept value through once, and what comes live behind it', () => {
    const seam = new LastValueSeam();
    expect(seam.kept('a@m#1', 't', 5, 5)).to.equal(0);
    expect(seam.kept('a@m#1', 't', 5, 5)).to.equal(undefined);
    expect(seam.live('a@m#1', 't', 4, 3, 5)).to.equal(-2);
    expect(seam.kept('a@m#1', 't', 6, 6)).to.equal(undefined);
  });

  it('knows what was missed between the two', () => {
    const seam = new LastValueSeam();
    seam.kept('a@m#1', 't', 5, 5);
    expect(seam.live('a@m#1', 't', 8, 1, 8)).to.equal(2);
    expect(seam.kept('a@m#1', 't', 10, 10)).to.equal(1);
  });

  it('leaves out the last word of one publisher behind a newer one of another on its machine, and of no other machine', () => {
    const seam = new LastValueSeam();
    seam.live('b@m#1', 't', 1, 1, 100);
    expect(seam.kept('a@m#1', 't', 9, 99)).to.equal(undefined);
    expect(seam.kept('a@pc2#1', 't', 9, 99)).to.equal(0);
    expect(seam.kept('a@m#1', 'other', 9, 99)).to.equal(0);
  });

  it('shows each event once and in order, however the two ways take turns', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.record({ kept: fc.boolean(), lag: fc.nat(6), count: fc.integer({ min: 1, max: 4 }) })),
        (firstLive, steps) => {
          const seam = new LastValueSeam();
          const shown: number[] = [];
          let told = 0;
          let head = firstLive;
          for (const { kept, lag, count } of steps) {
            if (kept) {
              // What the broker keeps may be behind what was published, or ahead of what has arrived.
              const seq = Math.max(1, head + 3 - lag);
              const missed = seam.kept('a@m#1', 't', seq, seq);
              if (missed !== undefined) {
                told += missed;
                shown.push(seq);
              }
              continue;
            }
            const place = seam.live('a@m#1', 't', head, count, head);
            told += Math.max(0, place);
            for (let at = Math.max(0, -place); at < count; at++) shown.push(head + at);
            head += count;
          }
          const sorted = [...new Set(shown)].sort((a, b) => a - b);
          expect(shown).to.deep.equal(sorted);
          const [first = 1] = shown;
          const last = shown.at(-1) ?? 0;
          if (shown.length > 0) expect(shown.length + told).to.equal(last - first + 1);
        },
      ),
    ));
});
