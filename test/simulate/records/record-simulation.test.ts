/** The short form of `npm run simulate -- --only records`; and that its judge finds a rule that is broken. */
import { expect } from 'chai';
import { allRecordSabotages, recordSabotages } from './record-sabotage.js';
import { simulateRecords } from './record-simulation.js';

const STEPS = 3_000;
const firstSeed = Number(process.env['SIMULATE_SEED'] ?? 3);
/** Of the next one main's disk goes back to older states, and the journal has all that it needs to mend that. */
const seeds = [firstSeed, firstSeed + 5, firstSeed + 1];
/** What is broken shows in one of them. */
const canarySeeds = [...seeds, ...Array.from({ length: 9 }, (_, index) => firstSeed + 6 + index)];

describe(`outbox, journal, log, folds and groups in storms (SIMULATE_SEED=${firstSeed})`, function () {
  this.timeout(60_000);

  for (const seed of seeds) {
    it(`lose nothing, double nothing and keep the order: seed ${seed}`, () => {
      const { oracle } = simulateRecords({ seed, steps: STEPS });
      expect(Object.fromEntries(oracle.faults)).to.deep.equal({});
      expect(oracle.counts.main).to.be.greaterThan(0);
      expect(oracle.counts.redeliveries).to.be.greaterThan(0);
    });
  }

  it('are the same run for the same seed', () => {
    const run = () => simulateRecords({ seed: firstSeed, steps: 1_000 }).oracle.counts;
    expect(run()).to.deep.equal(run());
  });

  it('are over, and found out, when they run in a circle', () => {
    const { faults } = simulateRecords({
      seed: 1535352761,
      steps: 8_000,
      sabotage: 'an outbox that does not compare',
    }).oracle;
    expect([...faults.keys()]).to.contain('it never came to rest');
  });

  for (const sabotage of allRecordSabotages) {
    it(`are found out when there is ${sabotage}`, () => {
      const finds = (seed: number) =>
        simulateRecords({ seed, steps: STEPS, sabotage }).oracle.faults.has(recordSabotages[sabotage]);
      expect(canarySeeds.some(finds)).to.equal(true);
    });
  }
});
