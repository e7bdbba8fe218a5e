/** Agents listen on socket files for those on their machine; what is killed leaves none behind. */
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { socketFileOf } from '../../common/wire/endpoint.js';
import { echo, useFleet } from '../support/fleet/test-fleet.js';
import { waitFor } from '../support/wait-for.js';

describe('an agent of a fleet', () => {
  const fleet = useFleet({ main: { echo } });

  const row = () =>
    waitFor('the row of echo', async () => {
      const { agents } = await (await fleet().main.mesh()).request('node', 'registry.find', {
        agent: 'echo',
        state: 'ready',
      });
      return agents[0];
    });

  it('is listed with a socket file, where those on its machine call it', async () => {
    const { ipc = '' } = await row();
    expect(existsSync(socketFileOf(ipc)), ipc).to.equal(true);
    expect(await fleet().main.call('echo.say', { text: 'near' })).to.include({ text: 'near' });
  });

  it('that is killed leaves no file, and its successor has its own', async () => {
    const { main } = fleet();
    const before = await row();
    const died = await main.kill('echo');
    await main.successor('echo', died.epoch);
    const after = await waitFor('the row of the next', async () => {
      const found = await row();
      return found.epoch > before.epoch ? found : undefined;
    });
    expect(existsSync(socketFileOf(before.ipc ?? ''))).to.equal(false);
    expect(main.socketFiles()).to.deep.equal([`echo-${after.epoch}`]);
  });
});
