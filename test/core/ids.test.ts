/** Names and numbers that are never used twice. */
import { expect } from 'chai';
import fc from 'fast-check';
import { newJournalId, nextEpoch, randomId } from '../../common/core/ids.js';

describe('an epoch', () => {
  it('is the wall clock for a first incarnation', () =>
    expect(nextEpoch(0, 1_700_000_000_000)).to.equal(1_700_000_000_000));
  it('grows when the clock stands still', () => expect(nextEpoch(1_700, 1_700)).to.equal(1_701));
  it('grows when the clock went back', () => expect(nextEpoch(1_700, 900)).to.equal(1_701));

  it('grows with every incarnation, whatever the clock does', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2 }), (clock) => {
        let epoch = 0;
        for (const wallMs of clock) {
          const next = nextEpoch(epoch, wallMs);
          expect(next).to.be.greaterThan(epoch);
          expect(next).to.be.at.least(wallMs);
          epoch = next;
        }
      }),
    ));
});

describe('a random id', () => {
  it('has the length asked for and only letters that survive being read aloud', () => {
    for (const length of [1, 8, 20]) expect(randomId(length)).to.match(new RegExp(`^[0-9a-hjkmnp-tv-z]{${length}}$`));
  });

  it('names a journal, and no two alike', () => {
    const ids = new Set(Array.from({ length: 1_000 }, newJournalId));
    expect(ids.size).to.equal(1_000);
    for (const id of ids) expect(id).to.have.length(20);
  });
});
