/** The short form of `npm run simulate`; and that its judge finds a rule that is broken. */
import { expect } from 'chai';
import { allSabotages, sabotages } from './sabotage.js';
import { simulate } from './simulation.js';

/** A storm, a calm and a look, and some more. */
const CALLS = 32_000;
const firstSeed = Number(process.env['SIMULATE_SEED'] ?? 1);

describe(`the choice of instances, breakers, budget, queue and window in storms (SIMULATE_SEED=${firstSeed})`, () => {
  for (const seed of [firstSeed, firstSeed + 1, firstSeed + 2]) {
    it(`settle every call once, run none twice that has a key, and starve nobody: seed ${seed}`, () => {
      const { ledger } = simulate({ seed, callCount: CALLS });
      expect(Object.fromEntries(ledger.faults)).to.deep.equal({});
      expect(ledger.outcomes['done']).to.be.greaterThan(CALLS / 2);
      expect(ledger.repeats).to.be.greaterThan(0);
    });
  }

  it('are the same run for the same seed', () => {
    const run = () => simulate({ seed: firstSeed, callCount: 5_000 }).ledger.outcomes;
    expect(run()).to.deep.equal(run());
  });

  for (const sabotage of allSabotages) {
    it(`are found out when there is ${sabotage}`, () => {
      const { ledger } = simulate({ seed: firstSeed, callCount: CALLS, sabotage });
      expect([...ledger.faults.keys()]).to.include(sabotages[sabotage]);
    });
  }
});
