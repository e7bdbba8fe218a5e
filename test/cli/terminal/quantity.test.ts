import { expect } from 'chai';
import { ageText, isoTime, percentText, sizeText } from '../../../cli/terminal/quantity.js';

describe('quantities', () => {
  const ages: readonly [number, string][] = [
    [-5, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [192_000, '3m12s'],
    [7_500_000, '2h5m'],
    [273_600_000, '3d4h'],
  ];
  for (const [ms, text] of ages) it(`an age of ${ms} ms is ${text}`, () => expect(ageText(ms)).to.equal(text));

  const sizes: readonly [number, string][] = [
    [0, '0B'],
    [812, '812B'],
    [1_023, '1023B'],
    [1_536, '1.5K'],
    [44_040_192, '42M'],
    [1_073_741_823, '1.0G'],
  ];
  for (const [bytes, text] of sizes)
    it(`a size of ${bytes} bytes is ${text}`, () => expect(sizeText(bytes)).to.equal(text));

  const shares: readonly [number | null, string][] = [
    [null, '-'],
    [0, '0%'],
    [0.35, '0.3%'],
    [9.96, '10%'],
    [187.4, '187%'],
  ];
  for (const [percent, text] of shares)
    it(`a share of ${percent} is ${text}`, () => expect(percentText(percent)).to.equal(text));

  it('a time that has not come is null', () => {
    expect(isoTime(0)).to.equal(null);
    expect(isoTime(1_000)).to.equal('1970-01-01T00:00:01.000Z');
  });

  it('a time that no calendar has is the last one, since whoever reports may write any number', () => {
    expect(isoTime(Number.MAX_SAFE_INTEGER)).to.equal('+275760-09-13T00:00:00.000Z');
  });
});
