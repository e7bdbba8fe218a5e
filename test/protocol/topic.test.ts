/** Topics, patterns, and which topic a pattern means. */
import { expect } from 'chai';
import fc from 'fast-check';
import { limits } from '../../common/core/limits.js';
import { assertPattern, assertTopic, prefixOf, topicMatcher } from '../../common/protocol/topic.js';
import { expectError } from '../support/expect-error.js';

const tokens = (count: number) => Array.from({ length: count }, () => 'a').join('.');

describe('a topic', () => {
  for (const topic of ['a', 'host.main.metrics', 'A-b_c@d:e.0', tokens(limits.topicTokensMax), 'a'.repeat(255)])
    it(`is accepted: ${topic.slice(0, 40)}`, () => assertTopic(topic));

  for (const topic of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    'a.*',
    '>',
    'ä',
    'a/b',
    'a\n',
    'a\0',
    tokens(limits.topicTokensMax + 1),
  ])
    it(`is refused: ${JSON.stringify(topic).slice(0, 40)}`, () =>
      expectError('INVALID_INPUT', () => assertTopic(topic)));

  it('is refused when it is too long, without being repeated', () =>
    expect(expectError('TOO_LARGE', () => assertTopic('a'.repeat(256))).message.length).to.be.lessThan(100));
});

describe('a pattern', () => {
  for (const pattern of ['a', '*', '>', 'a.*', 'a.>', '*.b.>', 'host.*.metrics', '*.*.*'])
    it(`is accepted: ${pattern}`, () => assertPattern(pattern));

  for (const pattern of [
    '',
    'a.>.b',
    '>.a',
    'a*',
    'a.b*',
    'a.**',
    'a>',
    'a.',
    '*.',
    '.>',
    'a b',
    tokens(limits.topicTokensMax + 1),
  ])
    it(`is refused: ${JSON.stringify(pattern).slice(0, 40)}`, () =>
      expectError('INVALID_INPUT', () => assertPattern(pattern)));

  it('is refused when it is too long', () => expectError('TOO_LARGE', () => assertPattern('a'.repeat(256))));

  const rows: readonly [string, string, string[], string[]][] = [
    ['host.main', 'host.main', ['host.main'], ['host', 'host.mainx', 'host.main.cpu']],
    ['host.*', 'host.', ['host.a', 'host.@:_-'], ['host', 'host.a.b', 'hostx.a']],
    ['host.*.cpu', 'host.', ['host.a.cpu'], ['host.a', 'host.cpu', 'host.a.b.cpu', 'host.a.cpux']],
    ['host.>', 'host.', ['host.a', 'host.a.b.c'], ['host', 'hosta.b']],
    ['*.cpu', '', ['a.cpu'], ['cpu', 'a.b.cpu']],
    ['>', '', ['a', 'a.b.c'], []],
    ['*.*.>', '', ['a.b.c', 'a.b.c.d'], ['a', 'a.b']],
  ];
  for (const [pattern, prefix, matching, others] of rows) {
    it(`${pattern} means its topics and no others`, () => {
      expect(prefixOf(pattern)).to.equal(prefix);
      const matches = topicMatcher(pattern);
      for (const topic of matching) expect(matches(topic), topic).to.equal(true);
      for (const topic of others) expect(matches(topic), topic).to.equal(false);
    });
  }

  const token = fc.constantFrom('a', 'b', 'aa', 'A', '0', 'a-b', '@', ':');
  const topicOf = fc.array(token, { minLength: 1, maxLength: 6 });
  const patternOf = fc
    .tuple(fc.array(fc.oneof(token, fc.constant('*')), { maxLength: 5 }), fc.boolean())
    .map(([head, rest]) => (rest || head.length === 0 ? [...head, '>'] : head));

  /** What the grammar says, token by token. */
  const means = (pattern: readonly string[], topic: readonly string[]): boolean => {
    const rest = pattern.at(-1) === '>';
    const head = rest ? pattern.slice(0, -1) : pattern;
    if (rest ? topic.length <= head.length : topic.length !== head.length) return false;
    return head.every((wanted, n) => wanted === '*' || wanted === topic[n]);
  };

  it('matches what the grammar says, and its prefix lets every match through', () =>
    fc.assert(
      fc.property(patternOf, topicOf, (pattern, topic) => {
        assertPattern(pattern.join('.'));
        assertTopic(topic.join('.'));
        const matched = topicMatcher(pattern.join('.'))(topic.join('.'));
        expect(matched).to.equal(means(pattern, topic));
        if (matched) expect(topic.join('.').startsWith(prefixOf(pattern.join('.')))).to.equal(true);
      }),
      { numRuns: 2_000 },
    ));
});
