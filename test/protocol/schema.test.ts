import { expect } from 'chai';
import { Type } from 'typebox';
import { compile } from '../../common/protocol/schema.js';
import { expectError } from '../support/expect-error.js';

/** One character of two UTF-16 units. */
const FISH = '🐟';

describe('the length of a string', () => {
  const upTo4 = compile<string>(Type.String({ maxLength: 4 }));
  const from4 = compile<string>(Type.String({ minLength: 4 }));

  it('is counted in characters, not in UTF-16 units', () => {
    for (const text of ['', 'abcd', FISH.repeat(4), `ab${FISH.repeat(2)}`])
      expect(upTo4.accepts(text), text).to.equal(true);
    for (const text of ['abcde', FISH.repeat(5), `abcd${FISH}`]) expect(upTo4.accepts(text), text).to.equal(false);
    for (const text of ['abcd', FISH.repeat(4), 'a'.repeat(100)]) expect(from4.accepts(text), text).to.equal(true);
    for (const text of ['', 'abc', FISH.repeat(3), `${FISH.repeat(2)}a`])
      expect(from4.accepts(text), text).to.equal(false);
  });

  it('is refused with the bound, the path and the rule', () => {
    const long = expectError('INVALID_INPUT', () => upTo4.assert('abcde', 'the name'));
    expect(long.message).to.equal('the name is not valid: it must NOT have more than 4 characters');
    expect(long.details).to.deep.equal({ path: '/', rule: 'maxLength' });
    const short = expectError('INVALID_INPUT', () => from4.assert('a', 'the name'));
    expect(short.message).to.equal('the name is not valid: it must NOT have fewer than 4 characters');
  });

  it('is no question of a value that is no string', () => {
    const either = compile(Type.Union([Type.String({ maxLength: 1 }), Type.Number()]));
    expect(either.accepts(12_345)).to.equal(true);
    expect(either.accepts('ab')).to.equal(false);
  });
});
