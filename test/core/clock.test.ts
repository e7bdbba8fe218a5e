/** Waiting that can be given up, and promises that may take too long. */
import { expect } from 'chai';
import { delay, systemClock, within } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { expectRejection } from '../support/expect-error.js';

describe('the clock', () => {
  it('never goes back', () => {
    const firstMs = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).to.be.at.least(firstMs);
  });

  it('waits', () => delay(1));

  it('stops waiting at once when it is told to, before or during the wait', async () => {
    const reason = new MeshError('INTERRUPTED', 'enough');
    const controller = new AbortController();
    const waiting = delay(3_600_000, controller.signal);
    controller.abort(reason);
    await expectRejection('INTERRUPTED', waiting);
    await expectRejection('INTERRUPTED', delay(3_600_000, controller.signal));
  });

  it('hands out what came in time, and the error of what did not', async () => {
    const late = () => new MeshError('TIMED_OUT', 'too late');
    expect(await within(Promise.resolve('early'), 3_600_000, late)).to.equal('early');
    await expectRejection('TIMED_OUT', within(new Promise(() => undefined), 1, late));
    await expectRejection('CLOSED', within(Promise.reject(new MeshError('CLOSED')), 3_600_000, late));
  });
});
