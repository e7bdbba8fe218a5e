/** Every method of the catalogue: told in a sentence, bounded in every field, and closed to everything else. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { catalogue, isMethodName, type MethodName } from '../../common/protocol/catalogue.js';
import { decode, encode } from '../../common/protocol/frames/codec.js';
import { compile } from '../../common/protocol/schema.js';
import { expectError } from '../support/expect-error.js';
import { misfitsOf, type PlainSchema, partsOf, plainSchema, sampleOf } from '../support/fakes/schema-values.js';

const methods = Object.keys(catalogue) as MethodName[];

/** Where `schema` lets a peer send without end, as paths. */
function unboundedPlaces(schema: PlainSchema): string[] {
  const places: string[] = [];
  for (const [path, part] of partsOf(schema)) {
    const free = part.type === 'object' && part.additionalProperties !== false;
    if (part.type === 'string' && part.maxLength === undefined) places.push(`${path}: no longest text`);
    if (part.type === 'array' && part.maxItems === undefined && !Array.isArray(part.items))
      places.push(`${path}: no most items`);
    if (free && part.maxProperties === undefined) places.push(`${path}: open`);
  }
  return places;
}

describe('the catalogue', () => {
  it('knows its methods and no others', () => {
    for (const name of methods) expect(isMethodName(name)).to.equal(true);
    for (const name of ['toString', '__proto__', '', 'node', 'mesh.pong']) expect(isMethodName(name)).to.equal(false);
  });

  for (const name of methods) {
    describe(name, () => {
      const { summary, servers } = catalogue[name];
      const input = plainSchema(catalogue[name].input);
      const output = plainSchema(catalogue[name].output);
      const validate = compile(catalogue[name].input);

      it('has a name, a sentence and somebody who answers', () => {
        expect(name)
          .to.match(/^[a-z]+\.[a-z]+$/)
          .and.have.length.below(limits.methodLengthMax);
        expect(summary).to.match(/^[A-Z][^\n]+[.]$/);
        expect(servers).to.not.have.length(0);
      });

      it('takes what fits, as it was and as it travels', () => {
        for (const full of [false, true]) {
          const sample = sampleOf(input, full);
          validate.assert(sample, 'the sample');
          validate.assert(decode(encode(sample)), 'the sample that travelled');
        }
      });

      it('has an answer that fits', () => {
        for (const full of [false, true]) compile(catalogue[name].output).assert(sampleOf(output, full), 'the answer');
      });

      it('bounds all that is sent to it', () => expect(unboundedPlaces(input)).to.deep.equal([]));

      it('refuses what does not fit, in a short sentence', () => {
        for (const [title, value] of misfitsOf(input)) {
          expect(validate.accepts(value), title).to.equal(false);
          const error = expectError('INVALID_INPUT', () => validate.assert(value, 'the input'));
          expect(error.message.length, title).to.be.lessThan(1_000);
          expect(JSON.stringify(error.details).length, title).to.be.lessThan(1_000);
        }
      });
    });
  }
});
