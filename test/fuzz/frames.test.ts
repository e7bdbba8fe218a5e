/** The short form of `npm run fuzz`: one known seed and one new one, which is printed when it fails. */
import { expect } from 'chai';
import { Random } from '../support/random.js';
import { fuzz } from './fuzz-run.js';
import { HostileFrames } from './hostile-frames.js';

const FRAMES = 5_000;
const fresh = Math.floor(Math.random() * 2 ** 31);

describe('a server under hostile frames', () => {
  for (const seed of [20_250_101, fresh]) {
    it(`lives, serves and answers once: seed ${seed} ("npm run fuzz -- --seed ${seed} --frames ${FRAMES}")`, async () => {
      const outcome = await fuzz(seed, FRAMES);
      expect(outcome.servedCount).to.be.greaterThan(FRAMES / 10);
      expect(outcome.refusedCount).to.be.greaterThan(FRAMES / 10);
      expect(outcome.legitimateCount).to.equal(FRAMES / 50);
    });
  }

  it('meets the same frames again with the same seed', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => {
      const frames = new HostileFrames(new Random(seed));
      return Array.from({ length: 200 }, () => Buffer.concat(frames.next()).toString('base64'));
    });
    expect(again).to.deep.equal(first);
    expect(other).to.not.deep.equal(first);
  });
});
