/** Nothing accepted is lost, doubled, invented, disordered or changed: the short form of `npm run chaos:link`. */
import { expect } from 'chai';
import { flawless } from '../support/oracle/oracle.js';
import { runLinkChaos } from '../support/runs/link-chaos.js';

const COUNT = 1_500;
const seed = process.env['CHAOS_SEED'];
const seeds = seed === undefined ? [1] : [Number(seed)];

describe('errors of pc2, while the link fails and node and broker are killed', () => {
  for (const seed of seeds) {
    it(`are on main each once and in order (CHAOS_SEED=${seed})`, async function () {
      this.timeout(120_000);
      const { verdict, incidents, faults } = await runLinkChaos({ seed, errorCount: COUNT });
      expect(verdict).to.deep.equal(flawless(COUNT));
      expect(incidents).to.deep.equal([]);
      expect(faults.killNode).to.be.at.least(2);
      expect(faults.killBroker).to.be.at.least(2);
    });
  }
});
