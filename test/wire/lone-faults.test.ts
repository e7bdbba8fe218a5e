/** What a server of the mesh survives without a fleet around it: the short form of `npm run chaos -- --only NAME`. */
import { expect } from 'chai';
import { loneFaults } from '../support/faults/lone/lone-faults.js';
import { Figures, findingLine } from '../support/oracle/figures.js';

describe('a broker survives', function () {
  this.timeout(60_000);

  for (const { name, what, round } of loneFaults) {
    it(`${name}: ${what}`, async () => {
      const figures = new Figures();
      await round(figures, false);
      // What only a box that does nothing else can keep is for the long form.
      const broken = figures.findings.filter(({ measure, holds }) => !holds && measure.isTight !== true);
      expect(broken.map(findingLine)).to.deep.equal([]);
    });
  }
});
