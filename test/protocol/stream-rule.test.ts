import { expect } from 'chai';
import { ruleFinder } from '../../common/protocol/stream-rule.js';

describe('the rule of a stream', () => {
  const decides = (stream: string, patterns: readonly string[]) =>
    ruleFinder(patterns.map((pattern) => ({ stream: pattern })))(stream)?.stream;

  for (const [stream, patterns, expected] of [
    ['turns', [], undefined],
    ['turns', ['metrics', 'turn', 'turns.>'], undefined],
    ['turns', ['>', '*', 'turns'], 'turns'],
    ['turns', ['*', '>'], '*'],
    ['lines.app', ['*', '>', '*.app', 'lines.*', 'lines.>'], 'lines.*'],
    ['lines.app', ['>', '*.app', '*.*'], '*.app'],
    ['lines.app.web', ['lines.>', 'lines.*.web', '*.app.web'], 'lines.*.web'],
  ] as const) {
    it(`of ${stream} among ${patterns.join(' ') || 'none'} is ${expected ?? 'none'}, in whatever order they stand`, () => {
      expect(decides(stream, patterns)).to.equal(expected);
      expect(decides(stream, [...patterns].reverse())).to.equal(expected);
    });
  }

  it('is the last of those with one pattern, as an environment adds it', () => {
    const rules = [
      { stream: 'turns', keep: { count: 1 } },
      { stream: 'turns', keep: { count: 2 } },
    ];
    expect(ruleFinder(rules)('turns')?.keep?.count).to.equal(2);
  });
});
