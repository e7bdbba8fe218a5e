/** That finding paths in linear time finds the same paths. */
import { expect } from 'chai';
import fc from 'fast-check';
import { normalisedMessage } from '../../common/protocol/errors/normalised-message.js';

/** Paths as they are meant: from whatever character one can begin. Looking for them like this takes a square of the length. */
const PLAIN_PATH = /(?<![\w./\\<>-])(?:[a-z]:|~|\.{1,2}|[\w.@+-]+)?(?:[\\/][\w.@%~+-]+){2,}[\\/]?/gi;
const parts = ['a', 'b', 'C:', '~', '.', '@', '+', '-', '%', '/', '\\', '<', '>', ':', ' ', '(', '_', 'é', '/a/b'];

describe('the marks of a message', () => {
  it('stand where they would if every place was tried for a path', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 24 }), (pieces) => {
        const text = pieces.join('');
        // The path of an address is looked for before, and is a part of a longer one now and then.
        fc.pre(!text.includes('://'));
        expect(normalisedMessage(text)).to.equal(normalisedMessage(text.replace(PLAIN_PATH, '<path>')));
      }),
      { numRuns: 20_000 },
    ));
});
