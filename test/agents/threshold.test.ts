import { expect } from 'chai';
import { NORMAL, step, type Threshold } from '../../agents/host-monitor/threshold.js';

const threshold: Threshold = { limit: 90, clearBelow: 80, sustainCount: 3 };

/** `.` normal, `!` exceeded, after each of the samples. */
function course(samples: readonly number[], rule = threshold): string {
  let state = NORMAL;
  return samples
    .map((sample) => {
      state = step(state, sample, rule);
      return state.kind === 'normal' ? '.' : '!';
    })
    .join('');
}

describe('a threshold', () => {
  const rows: readonly (readonly [title: string, samples: readonly number[], course: string])[] = [
    ['is not exceeded by a peak', [95, 95, 10, 95, 95], '.....'],
    ['is exceeded by as many samples in a row as it takes', [90, 91, 92, 10], '..!!'],
    ['is not cleared by a dip', [95, 95, 95, 10, 10, 95, 10, 10], '..!!!!!!'],
    ['is cleared by as many samples in a row', [95, 95, 95, 10, 10, 10, 95], '..!!!..'],
    ['is not cleared by values between its two marks', [95, 95, 95, 85, 85, 85, 85, 80], '..!!!!!!'],
    ['can be exceeded again', [95, 95, 95, 1, 1, 1, 95, 95, 95], '..!!!...!'],
  ];
  for (const [title, samples, expected] of rows) {
    it(title, () => {
      expect(course(samples)).to.equal(expected);
    });
  }

  it('reacts at once when one sample is enough', () => {
    expect(course([95, 10, 95], { ...threshold, sustainCount: 1 })).to.equal('!.!');
  });

  it('makes one alarm of a value that swings around it', () => {
    const swinging = Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? 89.9 : 90.1));
    const marks = course(swinging, { limit: 90, clearBelow: 85.5, sustainCount: 1 });
    expect(marks).to.match(/^\.!+$/);
  });
});
