/** When an instance is left alone, on a clock that only the test moves. */
import { expect } from 'chai';
import { Breaker, type BreakerOptions } from '../../../agents/sdk/calls/policies/breaker.js';

const options: BreakerOptions = {
  consecutiveFailures: 3,
  failureRate: 0.5,
  windowMs: 1_000,
  callsMin: 10,
  openMs: 100,
  openMsMax: 400,
};

describe('a breaker', () => {
  let breaker: Breaker;
  let changes: number;
  beforeEach(() => {
    changes = 0;
    breaker = new Breaker(() => changes++);
  });

  const fail = (count: number, nowMs: number) => {
    for (let i = 0; i < count; i++) breaker.onFailure(nowMs, nowMs, options);
  };
  const answer = (sentMs: number, nowMs = sentMs) => breaker.onAnswer(sentMs, nowMs, options);
  /** Opens it at `nowMs` and makes the trial as soon as it may be made. */
  const tryAt = (nowMs: number) => {
    expect(breaker.admits(nowMs), `a trial at ${nowMs}`).to.equal(true);
    breaker.onSent(nowMs, options);
  };

  it('opens after so many failures without an answer in between, and says so', () => {
    fail(2, 0);
    answer(0);
    fail(2, 0);
    expect([breaker.state, changes]).to.deep.equal(['closed', 0]);
    fail(1, 0);
    expect([breaker.state, changes]).to.deep.equal(['open', 1]);
    expect(breaker.admits(99)).to.equal(false);
  });

  it('opens when half of enough calls failed, though some are answered in between', () => {
    for (let i = 0; i < 4; i++) {
      fail(1, i);
      answer(i);
    }
    expect(breaker.state).to.equal('closed');
    answer(5);
    fail(1, 6);
    expect(breaker.state).to.equal('open');
  });

  it('forgets failures that are older than its window', () => {
    for (let i = 0; i < 4; i++) {
      fail(1, i);
      answer(i);
    }
    for (let i = 0; i < 6; i++) answer(2_000);
    fail(2, 2_000);
    expect(breaker.state).to.equal('closed');
  });

  it('lets one call try it when its time has come, and no second one beside it', () => {
    fail(3, 0);
    tryAt(100);
    expect(breaker.state).to.equal('half-open');
    expect(breaker.admits(150)).to.equal(false);
  });

  it('closes when the trial is answered, and begins to count anew', () => {
    fail(3, 0);
    tryAt(100);
    answer(100, 101);
    expect(breaker.state).to.equal('closed');
    fail(2, 102);
    expect(breaker.state).to.equal('closed');
  });

  it('opens for twice as long each time the trial fails, up to a bound', () => {
    fail(3, 0);
    tryAt(100);
    fail(1, 100);
    expect(breaker.tryAtMs).to.equal(300);
    tryAt(300);
    fail(1, 300);
    expect(breaker.tryAtMs).to.equal(700);
    tryAt(700);
    fail(1, 700);
    expect(breaker.tryAtMs).to.equal(1_100);
    tryAt(1_100);
    answer(1_100);
    fail(3, 2_000);
    expect(breaker.tryAtMs, 'after it had closed').to.equal(2_100);
  });

  it('is not moved by what was sent before the trial', () => {
    fail(3, 0);
    answer(0, 50);
    expect(breaker.state).to.equal('open');
    tryAt(100);
    answer(90, 110);
    expect(breaker.state).to.equal('half-open');
    breaker.onFailure(90, 110, options);
    expect(breaker.state).to.equal('half-open');
  });

  it('lets another call try when a trial ends without saying anything, or never ends', () => {
    fail(3, 0);
    tryAt(100);
    breaker.onNothing(100, 120);
    tryAt(120);
    expect(breaker.admits(219)).to.equal(false);
    tryAt(220);
  });

  it('is judged by what holds for the call that failed', () => {
    breaker.onFailure(0, 0, { ...options, consecutiveFailures: 2 });
    breaker.onFailure(0, 0, options);
    expect(breaker.state).to.equal('closed');
    breaker.onFailure(0, 0, { ...options, consecutiveFailures: 2, openMs: 7 });
    expect([breaker.state, breaker.tryAtMs]).to.deep.equal(['open', 7]);
  });
});
