/** The word that was probably meant. */
import { expect } from 'chai';
import { didYouMean, nearest } from '../../common/core/nearest.js';

describe('the nearest word', () => {
  const known = ['agents', 'after', 'module', 'config'];

  it('is found through a swap, a missing, an extra and a wrong letter', () => {
    for (const slip of ['agnets', 'agnts', 'aagents', 'agints']) expect(nearest(slip, known), slip).to.equal('agents');
  });

  it('is none when nothing is near', () => expect(nearest('thresholds', known)).to.equal(undefined));

  it('is the first of equally near ones', () => expect(nearest('pc9', ['pc1', 'pc2'])).to.equal('pc1'));

  it('is the nearest and not the first near one', () => expect(nearest('aftr', ['altar', 'after'])).to.equal('after'));

  it('can be asked for a smaller distance', () => {
    expect(nearest('agnets', known, 1)).to.equal('agents');
    expect(nearest('agnetz', known, 1)).to.equal(undefined);
  });

  it('is not sought for words longer than any name', () =>
    expect(nearest('a'.repeat(65), ['a'.repeat(64)])).to.equal(undefined));

  it('ends a sentence', () => {
    expect(didYouMean('confg', known)).to.equal('; did you mean config?');
    expect(didYouMean('zzz', known)).to.equal('');
  });
});
