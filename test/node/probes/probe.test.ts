import { expect } from 'chai';
import { NO_ANSWER_YET, tally, type Verdict } from '../../../agents/node/probes/probe.js';

/** `+` a good answer, `-` a failure; the verdict after each: g, r, or . for none yet. */
function verdicts(answers: string, failures: number): string {
  const letter: Record<Verdict, string> = { green: 'g', red: 'r' };
  let state = NO_ANSWER_YET;
  return [...answers]
    .map((answer) => {
      state = tally(state, answer === '+', failures);
      return state.verdict === undefined ? '.' : letter[state.verdict];
    })
    .join('');
}

describe('the verdict of a probe', () => {
  for (const [answers, failures, expected] of [
    ['+', 3, 'g'],
    ['--+', 3, '..g'],
    ['---', 3, '..r'],
    ['+--+--+', 3, 'ggggggg'],
    ['+---+', 3, 'gggrg'],
    ['+-+-', 1, 'grgr'],
    ['----', 2, '.rrr'],
  ] as const) {
    it(`after ${answers} with ${failures} failures to a red one is ${expected}`, () => {
      expect(verdicts(answers, failures)).to.equal(expected);
    });
  }
});
