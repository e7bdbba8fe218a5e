/** What piled up during an outage reaches main while main goes on living: the short form of `npm run proof -- --only backlog`. */
import { expect } from 'chai';
import { findingLine } from '../support/oracle/figures.js';
import type { Verdict } from '../support/oracle/oracle.js';
import { runBacklog } from '../support/runs/backlog-run.js';

const COUNT = 30_000;
const faultsOf = ({ lost, duplicated, phantom, disordered, mismatched }: Verdict) => ({
  ...{ lost, duplicated, phantom, disordered, mismatched },
});
const none = { lost: [], duplicated: [], phantom: [], disordered: [], mismatched: [] };

describe('what piled up during an outage', () => {
  it('reaches main all, once and in order, in bounded memory, and starves no live record', async function () {
    this.timeout(120_000);
    const { backlog, live, findings } = await runBacklog({ recordCount: COUNT, idleMs: 300 });
    expect(faultsOf(backlog)).to.deep.equal(none);
    expect([backlog.acceptedCount, backlog.mainCount]).to.deep.equal([COUNT, COUNT]);
    expect(faultsOf(live)).to.deep.equal(none);
    expect(live.acceptedCount).to.be.greaterThan(0).and.equal(live.mainCount);
    const broken = findings.filter(({ measure, holds }) => !holds && measure.isTight !== true);
    expect(broken.map(findingLine)).to.deep.equal([]);
  });
});
