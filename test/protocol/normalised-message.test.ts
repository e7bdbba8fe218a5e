/** What the marks of a message cost, and that finding paths quickly finds the same paths. */
import { expect } from 'chai';
import fc from 'fast-check';
import { normalisedMessage } from '../../common/protocol/errors/normalised-message.js';

/** Paths as they are meant: from whatever character one can begin. Looking for them like this takes a square of the length. */
const PLAIN_PATH = /(?<![\w./\\<>-])(?:[a-z]:|~|\.{1,2}|[\w.@+-]+)?(?:[\\/][\w.@%~+-]+){2,}[\\/]?/gi;
const parts = ['a', 'b', 'C:', '~', '.', '@', '+', '-', '%', '/', '\\', '<', '>', ':', ' ', '(', '_', 'é', '/a/b'];
const starts = ['', '<', '/', '</', '"', "'", 'http://'];
const ends = ['', 'x', ' ', '/', '"', '<', '@/', "'a"];
const LENGTH = 1_000;

/** The least of several, so that whatever else runs on this box counts for nothing. */
function costOf(message: string): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const startedMs = performance.now();
    normalisedMessage(message);
    leastMs = Math.min(leastMs, performance.now() - startedMs);
  }
  return leastMs;
}

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

  it('cost no more than so many quotes do, whatever is repeated in it', () => {
    const dearest = costOf("'a'`".repeat(LENGTH / 4));
    const costs = starts.flatMap((start) =>
      [...parts, '0x', '1.', '1e', '://', '?', 'a1'].flatMap((part) =>
        ends
          .map((end) => ({ start, part, end, text: start + part.repeat(LENGTH) }))
          .map(({ text, ...made }) => ({
            ...made,
            ratio: costOf(text.slice(0, LENGTH - made.end.length) + made.end) / dearest,
          })),
      ),
    );
    expect(costs.filter(({ ratio }) => ratio > 5)).to.deep.equal([]);
  });
});
