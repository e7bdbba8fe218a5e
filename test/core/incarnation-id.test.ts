/** Marks of incarnations: different, and of a form that fits where they are put. */
import { expect } from 'chai';
import { incarnationId, programEpoch } from '../../common/core/incarnation-id.js';

describe('the mark of an incarnation', () => {
  it('has the length asked for and only letters and digits', () => {
    for (const length of [1, 8, 20]) expect(incarnationId(length)).to.match(new RegExp(`^[0-9a-v]{${length}}$`));
  });

  it('differs from one to the next', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => incarnationId(8))).size).to.equal(1_000);
  });
});

describe('the epoch of a program', () => {
  it('grows with the clock, and differs within one of its milliseconds', () => {
    expect(programEpoch(2_000)).to.be.above(programEpoch(1_999));
    expect(new Set(Array.from({ length: 100 }, () => programEpoch(5))).size).to.be.above(1);
  });
});
