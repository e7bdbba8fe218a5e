/** What piled up during an outage reaches main while main goes on living: the short form of `npm run proof -- --only backlog`. */
import { expect } from 'chai';
import { findingLine } from '../support/oracle/figures.js';
import { complaintsOf, noComplaints } from '../support/oracle/oracle.js';
import { runBacklog } from '../support/runs/backlog-run.js';

const COUNT = 30_000;

describe('what piled up during an outage', () => {
  it('reaches main all, once and in order, in bounded memory, and starves no live record', async function () {
    this.timeout(120_000);
    const { backlog, live, findings } = await runBacklog({ recordCount: COUNT, idleMs: 300 });
    expect(complaintsOf(backlog)).to.deep.equal(noComplaints);
    expect([backlog.acceptedCount, backlog.mainCount]).to.deep.equal([COUNT, COUNT]);
    expect(complaintsOf(live)).to.deep.equal(noComplaints);
    expect(live.acceptedCount).to.be.greaterThan(0).and.equal(live.mainCount);
    const broken = findings.filter(({ measure, holds }) => !holds && measure.isTight !== true);
    expect(broken.map(findingLine)).to.deep.equal([]);
  });
});
