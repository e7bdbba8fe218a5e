/** Every bound is a number that bounds something. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';

describe('the limits', () => {
  it('load, which proves that they do not contradict each other, and are whole and above zero', () => {
    for (const [name, value] of Object.entries(limits)) {
      expect(value, name).to.be.greaterThan(0);
      expect(Number.isSafeInteger(value), name).to.equal(true);
    }
  });
});
