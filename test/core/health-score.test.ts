/** The formula of an instance's health, and when a change of it is worth telling. */
import { expect } from 'chai';
import {
  HEALTH_HOLD_MS,
  type Health,
  type HealthSigns,
  healthOf,
  isWorthTelling,
} from '../../common/core/health-score.js';

const scoreOf = (signs: HealthSigns): number | undefined => healthOf(signs).score;

describe('the health of an instance', () => {
  it('is full without a sign of the contrary', () => {
    const fine = { loopLagMs: 50, failureShare: 0.05, queueAgeMs: 100, memoryShare: 0.8, openFilesShare: 0.8 };
    for (const signs of [{}, fine, { loopLagMs: Number.NaN }])
      expect(healthOf(signs)).to.deep.equal({ score: 100, reasons: [] });
  });

  const costs: [HealthSigns, number][] = [
    [{ loopLagMs: 100 }, 9],
    [{ loopLagMs: 1_000 }, 40],
    [{ loopLagMs: 60_000 }, 40],
    [{ failureShare: 0.275 }, 20],
    [{ failureShare: 1 }, 40],
    [{ queueAgeMs: 707 }, 20],
    [{ queueAgeMs: 5_000 }, 40],
    [{ memoryShare: 0.9 }, 15],
    [{ memoryShare: 1.5 }, 30],
    [{ openFilesShare: 1 }, 30],
    [{ loopLagMs: 1_000, failureShare: 0.5 }, 80],
    [{ loopLagMs: 1_000, failureShare: 0.5, queueAgeMs: 5_000, memoryShare: 1 }, 100],
  ];
  for (const [signs, cost] of costs) {
    it(`loses ${cost} for ${JSON.stringify(signs)}`, () => expect(scoreOf(signs)).to.equal(100 - cost));
  }

  it('is never better for a worse sign', () => {
    for (const name of ['loopLagMs', 'queueAgeMs', 'failureShare', 'memoryShare', 'openFilesShare'] as const) {
      let last = 100;
      for (let value = 0.001; value < 100_000; value *= 1.3) {
        const score = scoreOf({ [name]: value }) ?? 0;
        expect(score).to.be.at.most(last);
        last = score;
      }
    }
  });

  it('says why, the most costly reason first', () => {
    expect(healthOf({ loopLagMs: 100, failureShare: 0.3, memoryShare: 0.9 }).reasons).to.deep.equal([
      '30 % of its calls fail (−22)',
      'it uses 90 % of its memory limit (−15)',
      'its event loop lags by 100 ms (−9)',
    ]);
  });

  it('adds what only others see to what an instance says itself', () => {
    const own: Health = { score: 60, reasons: ['half of it'] };
    expect(healthOf({ memoryShare: 1 }, own)).to.deep.equal({
      score: 30,
      reasons: ['half of it', 'it uses 100 % of its memory limit (−30)'],
    });
    expect(healthOf({}, own)).to.equal(own);
    expect(healthOf({ memoryShare: 1 }, { reasons: [] })).to.not.have.property('score');
  });
});

describe('a change of health', () => {
  const well: Health = { score: 100, reasons: [] };
  const at = (score: number): Health => ({ score, reasons: ['a reason'] });
  const told = (health: Health) => ({ health, toldMs: 0 });

  it('is told at once when it is for the much worse', () => {
    expect(isWorthTelling(told(well), at(75), 1)).to.equal(true);
    expect(isWorthTelling(told(well), at(76), 1)).to.equal(false);
  });

  it('is told when it is noticeable and the last word is old', () => {
    for (const [before, after] of [
      [well, at(90)],
      [at(50), at(60)],
      [at(50), well],
    ] as const) {
      expect(isWorthTelling(told(before), after, HEALTH_HOLD_MS - 1)).to.equal(false);
      expect(isWorthTelling(told(before), after, HEALTH_HOLD_MS)).to.equal(true);
    }
    expect(isWorthTelling(told(at(50)), at(59), HEALTH_HOLD_MS)).to.equal(false);
  });

  it('is told when nothing is left of what was wrong', () =>
    expect(isWorthTelling(told(at(95)), well, HEALTH_HOLD_MS)).to.equal(true));

  it('is told of a program without a score when a reason comes or goes', () => {
    expect(isWorthTelling(told({ reasons: [] }), { reasons: ['a'] }, HEALTH_HOLD_MS)).to.equal(true);
    expect(isWorthTelling(told({ reasons: ['a'] }), { reasons: [] }, HEALTH_HOLD_MS)).to.equal(true);
    expect(isWorthTelling(told({ reasons: ['a'] }), { reasons: ['b'] }, HEALTH_HOLD_MS)).to.equal(false);
  });

  it('is told at most as often as the hold says and once in between, whatever a value does', () => {
    let last = told(well);
    let count = 0;
    for (let nowMs = 0; nowMs < 100 * HEALTH_HOLD_MS; nowMs += 500) {
      const health = (nowMs / 500) % 2 === 0 ? at(10) : well;
      if (!isWorthTelling(last, health, nowMs)) continue;
      last = { health, toldMs: nowMs };
      count++;
    }
    expect(count).to.be.at.most(201);
  });
});
