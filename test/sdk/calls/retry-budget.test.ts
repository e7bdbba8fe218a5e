/** How many repeats a service gets, on a clock of the test's own. */
import { expect } from 'chai';
import { RetryBudget } from '../../../agents/sdk/calls/policies/retry-budget.js';
import { limits } from '../../../common/core/limits.js';

const takeAll = (budget: RetryBudget, nowMs: number): number => {
  let count = 0;
  while (budget.take(nowMs)) count++;
  return count;
};

describe('a budget of repeats', () => {
  it('has at first what it may save up: enough for an instance that dies with its hands full', () => {
    const budget = new RetryBudget();
    expect(takeAll(budget, 0)).to.equal(limits.retryBudgetPerSecond * limits.retryBudgetSavedSeconds);
  });

  it('grows with the calls and with time, and never beyond what may be saved', () => {
    const budget = new RetryBudget({ ratio: 0.1, minPerSecond: 2 });
    takeAll(budget, 0);
    for (let i = 0; i < 50; i++) budget.onCall();
    expect(takeAll(budget, 0), 'a tenth of the calls').to.equal(5);
    expect(takeAll(budget, 3_000), 'two a second').to.equal(6);
    expect(takeAll(budget, 3_000)).to.equal(0);
    expect(takeAll(budget, 10_000_000)).to.equal(2 * limits.retryBudgetSavedSeconds);
  });

  it('of nothing allows nothing, however long one waits', () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 0 });
    budget.onCall();
    expect([takeAll(budget, 0), takeAll(budget, 1_000_000)]).to.deep.equal([0, 0]);
  });

  it('does not shrink when its clock stands still', () => {
    const budget = new RetryBudget({ ratio: 1, minPerSecond: 0 });
    takeAll(budget, 500);
    budget.onCall();
    expect(budget.take(500)).to.equal(true);
    expect(budget.take(500)).to.equal(false);
  });
});
