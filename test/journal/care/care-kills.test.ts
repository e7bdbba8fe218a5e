/** Killed at the steps of a backup and of a restore, as real processes: `npm run proof -- --only care` takes them all. */
import { expect } from 'chai';
import { atSteps, killBackups, killRestores } from '../../support/runs/care-kills.js';

const EVERY = 3;

describe('a process that is killed at the steps', function () {
  this.timeout(120_000);

  it('of a backup leaves nothing that passes for one and is not whole, and a journal that is what it was', async () => {
    const { kills, faults } = await killBackups(atSteps(EVERY));
    expect(faults).to.deep.equal([]);
    expect(kills.get('step')).to.be.greaterThan(3);
  });

  it('of a restore leaves the journal of before or the restored one, and all that was acknowledged reaches main', async () => {
    const { kills, faults } = await killRestores('journal', atSteps(EVERY));
    expect(faults).to.deep.equal([]);
    expect(kills.get('step')).to.be.greaterThan(6);
  });
});
