/** A node over time, while everything around it fails: the short form of `npm run soak`. */
import { expect } from 'chai';
import { findingLine } from '../support/oracle/figures.js';
import { runSoak } from '../support/runs/soak-run.js';

const seed = Number(process.env['CHAOS_SEED'] ?? 1);

describe('a node that is soaked', () => {
  it(`leaves no file open and no memory behind, and main has every record once (CHAOS_SEED=${seed})`, async function () {
    this.timeout(180_000);
    let struck = '';
    const findings = await runSoak({
      seed,
      minutes: 0.1,
      agentCount: 3,
      sampleMs: 250,
      onSample: () => undefined,
      onTroubles: (told) => {
        struck = told;
      },
    });
    const broken = findings.filter(({ measure, holds }) => !holds && measure.isTight !== true);
    expect(broken.map(findingLine), struck).to.deep.equal([]);
    expect(struck).to.not.equal('');
  });
});
