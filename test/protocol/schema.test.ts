import { Ajv } from 'ajv';
import { expect } from 'chai';
import { Type } from 'typebox';
import { MachineFile, MeshFile, OverlayFile, PortsFile, RulesFile } from '../../common/config/schemas.js';
import { catalogue } from '../../common/protocol/catalogue.js';
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

describe('a schema', () => {
  const files = { MachineFile, MeshFile, OverlayFile, RulesFile, PortsFile };
  const methods = Object.entries(catalogue).flatMap(([name, { input, output }]) => [
    [`the input of ${name}`, input] as const,
    [`the answer of ${name}`, output] as const,
  ]);

  it('of ours is one by the rules of JSON Schema', () => {
    const rules = new Ajv({ strict: false });
    for (const [name, schema] of [...Object.entries(files), ...methods])
      expect(rules.validateSchema(schema), `${name}: ${rules.errorsText()}`).to.equal(true);
  });

  for (const [wrong, schema] of Object.entries({
    'a type that there is not': { type: 'strng' },
    'a keyword that there is not': { type: 'string', maximumLength: 4 },
    'a bound that is no number': { type: 'number', maximum: 'ten' },
    'properties that are no map': { type: 'object', properties: ['a'] },
    'a pattern that is none': { type: 'string', pattern: '(' },
    'required that is no list': { type: 'object', properties: { a: {} }, required: 'a' },
  })) {
    it(`with ${wrong} is refused when it is first used`, () => {
      const { message } = expectError('INTERNAL', () => compile(Type.Unsafe(schema)).assert({}, 'it'));
      expect(message).to.match(/^a schema is wrong: /);
    });
  }
});
