/** Killed exactly around every commit of both stores: the short form of `npm run proof`. */
import { expect } from 'chai';
import { commits, type Failpoint } from '../../common/core/failpoint.js';
import { runMortal } from '../support/runs/mortal-run.js';

const everyPlace = commits.flatMap((commit): Failpoint[] => [`${commit}.written`, `${commit}.committed`]);

describe('a journal and a log whose process is killed around every commit', function () {
  this.timeout(120_000);

  for (const pass of [1, 2]) {
    it(`lose nothing and double nothing: at the pass ${pass} of each place`, async () => {
      const { verdict, deaths, spared, incidents } = await runMortal(everyPlace.map((place) => [place, pass]));
      const { attemptedCount, acceptedCount, mainCount, mismatched, ...complaints } = verdict;
      expect(complaints).to.deep.equal({
        indeterminateCount: 0,
        indeterminateOnMainCount: 0,
        lost: [],
        duplicated: [],
        phantom: [],
        disordered: [],
      });
      expect([acceptedCount, mainCount]).to.deep.equal([attemptedCount, attemptedCount]);
      // What is written again under a new name is not where its emitter was told; nothing else may be.
      expect(mismatched.length % 3, 'whole batches').to.equal(0);
      // One chain is written again and one journal lost its tail: their places come once.
      const once = ['journal.reissue', 'journal.lost-tail'].flatMap((what) => [`${what}.committed`, `${what}.written`]);
      expect(spared).to.have.members(pass === 1 ? [] : once);
      expect(deaths).to.equal(everyPlace.length - spared.length);
      expect(incidents).to.equal(2);
    });
  }
});
