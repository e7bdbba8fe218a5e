/** Calls that wait: how many may, and how each leaves. */
import { expect } from 'chai';
import { type WaitingCall, WaitingCalls } from '../../../agents/sdk/calls/waiting-calls.js';
import { systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import { until } from '../../support/wait-for.js';

class Waiter implements WaitingCall {
  readonly told: string[] = [];

  constructor(
    readonly deadlineMs = Number.POSITIVE_INFINITY,
    private readonly possible = true,
  ) {}

  isPossible = () => this.possible;
  attempt = () => void this.told.push('attempt');
  onLate = () => void this.told.push('late');
  fail = () => void this.told.push('fail');
}

describe('calls that wait', () => {
  let waiting: WaitingCalls;
  beforeEach(() => {
    waiting = new WaitingCalls();
  });
  afterEach(() => {
    waiting.close();
  });

  it('are bounded: the next one is not taken', () => {
    for (let i = 0; i < limits.callsWaitingMax; i++) expect(waiting.add(new Waiter(), Infinity)).to.equal(true);
    expect(waiting.add(new Waiter(), Infinity)).to.equal(false);
    expect(waiting.count).to.equal(limits.callsWaitingMax);
  });

  it('go when the rows have changed and there is somebody for them', () => {
    const [lucky, other] = [new Waiter(), new Waiter(Infinity, false)];
    waiting.add(lucky, Infinity);
    waiting.add(other, Infinity);
    waiting.wake(0);
    expect([lucky.told, other.told, waiting.count]).to.deep.equal([['attempt'], [], 1]);
  });

  it('go when it is time for their next attempt, and not earlier though rows change', async () => {
    const waiter = new Waiter();
    waiting.add(waiter, systemClock.monotonicMs() + 30);
    waiting.wake(0);
    expect(waiter.told).to.deep.equal([]);
    await until(() => waiting.count === 0);
    expect(waiter.told).to.deep.equal(['attempt']);
  });

  it('are told once that their time is over', async () => {
    const waiter = new Waiter(systemClock.monotonicMs() + 20);
    waiting.add(waiter, Infinity);
    await until(() => waiting.count === 0);
    waiting.wake(0);
    expect(waiter.told).to.deep.equal(['late']);
  });

  it('are given back by the end, after which nobody waits', () => {
    const waiter = new Waiter();
    waiting.add(waiter, Infinity);
    expect(waiting.close()).to.deep.equal([waiter]);
    expect([waiting.count, waiting.add(waiter, Infinity)]).to.deep.equal([0, false]);
  });
});
