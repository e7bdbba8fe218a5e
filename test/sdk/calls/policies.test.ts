import { expect } from 'chai';
import fc from 'fast-check';
import { matchingRules, Policies, policyOf, ruleOf } from '../../../agents/sdk/calls/policies/policies.js';
import type { PolicyRule } from '../../../common/protocol/call-policy.js';

const rule = (service: string | undefined, action: string | undefined, rest: Partial<PolicyRule> = {}): PolicyRule => ({
  match: { ...(service === undefined ? {} : { service }), ...(action === undefined ? {} : { action }) },
  ...rest,
});

const order = (rules: readonly PolicyRule[], service: string | undefined, action: string) =>
  matchingRules(rules, service, action).map(({ index }) => index);

describe('the rules for a call', () => {
  const matches: readonly (readonly [string, string, boolean])[] = [
    ['*', 'anything', true],
    ['detect', 'detect', true],
    ['detect', 'detects', false],
    ['det*', 'detect', true],
    ['det*', 'det', true],
    ['det*', 'de', false],
    ['*ect', 'detect', true],
    ['*ect', 'ec', false],
    ['de*ct', 'detect', true],
    ['de*ect', 'dect', false],
    ['dete*tect', 'detect', false],
    ['*e*e*e*', 'detect', false],
    ['*t*t*', 'detect', true],
    ['**', 'detect', true],
  ];
  for (const [pattern, name, isMatch] of matches) {
    it(`${isMatch ? 'match' : 'do not match'} ${name} by ${pattern}`, () => {
      expect(order([rule(pattern, undefined)], name, 'x')).to.have.length(isMatch ? 1 : 0);
      expect(order([rule(undefined, pattern)], 'x', name)).to.have.length(isMatch ? 1 : 0);
    });
  }

  it('match as the regular expression does that says the same', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, written) => {
        const name = written.replaceAll('*', 'a');
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
        expect(order([rule(pattern, undefined)], name, 'x').length === 1).to.equal(expected);
      }),
    );
  });

  it('stand in the order of what they say: first the service, then the action, then the place', () => {
    const rules = [
      rule('*', '*'),
      rule(undefined, 'detect'),
      rule('vision', undefined),
      rule('vision', 'detect'),
      rule('vis*', 'detect'),
      rule('visi*', '*'),
      rule('vision', 'det*'),
      rule('vision', 'detect'),
      rule('audio', 'detect'),
    ];
    expect(order(rules, 'vision', 'detect')).to.deep.equal([7, 3, 6, 2, 5, 4, 1, 0]);
  });

  it('that name a service hold for nobody who is only known by a capability', () => {
    expect(order([rule('*', '*'), rule('vision', '*'), rule('v*', '*')], undefined, 'detect')).to.deep.equal([0]);
  });

  it('decide field by field, and a null takes back what a broader one says', () => {
    const rules = [
      rule('*', '*', { timeoutMs: 5_000, retries: 2, strategy: 'random', fallback: { value: null } }),
      rule('vision', '*', { retries: 1, breaker: { consecutiveFailures: 3 }, bulkhead: { concurrency: 4 } }),
      rule('vision', 'detect', { bulkhead: null, breaker: { openMs: 100 }, fallback: null }),
    ];
    const matching = matchingRules(rules, 'vision', 'detect');
    expect(policyOf(matching)).to.deep.equal({
      timeoutMs: 5_000,
      retries: 1,
      strategy: 'random',
      breaker: { openMs: 100 },
    });
    expect(ruleOf(matching, 'timeoutMs')?.index).to.equal(0);
    expect(ruleOf(matching, 'bulkhead')?.index).to.equal(2);
    expect(ruleOf(matching, 'localityWeight')).to.equal(undefined);
  });

  it('come to nothing where none says anything', () => {
    expect(policyOf(matchingRules([rule('vision', '*', { retries: null })], 'vision', 'detect'))).to.equal(undefined);
    expect(new Policies().policyOf('vision', 'detect')).to.equal(undefined);
  });

  it('are those that came last', () => {
    const policies = new Policies();
    policies.replace({ revision: 'a', rules: [rule('*', '*', { retries: 1 })] });
    expect(policies.revision).to.equal('a');
    expect(policies.policyOf('vision', 'detect')).to.deep.equal({ retries: 1 });
    policies.replace({ revision: 'b', rules: [] });
    expect(policies.policyOf('vision', 'detect')).to.equal(undefined);
    expect(policies.revision).to.equal('b');
  });
});
