/** The short form of `npm run proof -- --only errors`: agent, node and broker are killed, and the link fails. */
import { expect } from 'chai';
import { complaintsOf, noComplaints } from '../support/oracle/oracle.js';
import { runLinkChaos } from '../support/runs/link-chaos.js';

const COUNT = 10_000;
const seed = Number(process.env['CHAOS_SEED'] ?? 1);

describe('errors of an agent that is killed itself, as its node and the broker are, while the link fails', () => {
  it(`are on main each once and in order, all that were accepted (CHAOS_SEED=${seed})`, async () => {
    const { verdict, incidents, faults } = await runLinkChaos({ seed, errorCount: COUNT, agentKills: 3 });
    expect(complaintsOf(verdict)).to.deep.equal(noComplaints);
    expect(verdict.acceptedCount).to.equal(COUNT);
    expect(incidents).to.deep.equal([]);
    expect(faults.killAgent).to.equal(3);
  });
});
