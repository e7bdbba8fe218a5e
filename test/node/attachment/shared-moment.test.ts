import { expect } from 'chai';
import { SharedMoment } from '../../../agents/node/attachment/shared-moment.js';

describe('a shared moment', () => {
  it('is one for all who ask before it comes, and another for who asks later', async () => {
    const moment = new SharedMoment(5);
    const [first, second] = [moment.next(), moment.next()];
    expect(first).to.equal(second);
    await first;
    expect(moment.next()).to.not.equal(first);
    await moment.next();
  });
});
