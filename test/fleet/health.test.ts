/** How an instance fares is known wherever the registry is, and why: with a real agent whose calls fail. */
import { expect } from 'chai';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { runMesh } from '../cli/mesh-process.js';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import { waitFor } from '../support/wait-for.js';

describe('the health of an agent', () => {
  const fleet = useFleet({ main: { ailing: fixture('ailing'), tail: { command: ['sleep', '600'] } } });
  const rowOf = async (agent: string) => {
    const { agents } = await fleet().pc2.ask('registry.find', { agent });
    return agents[0];
  };
  const shown = async (...args: string[]) => {
    const { stdout } = await runMesh(['registry', 'show', ...args], { cwd: fleet().main.home });
    return stdout;
  };

  it('is in its row of the registry from the beginning, and of a program that says nothing there is none', async () => {
    expect((await rowOf('ailing'))?.health).to.deep.equal({ score: 100, reasons: [] });
    expect(await rowOf('tail')).to.not.have.property('health');
    expect(await shown('tail@main')).to.match(/^ {2}health {8}-$/m);
  });

  it('tells on the other machine within two beats that its calls fail, with the reason', async () => {
    const mesh = await fleet().main.mesh();
    await Promise.allSettled(Array.from({ length: 20 }, () => mesh.call('ailing.fail')));
    expect(mesh.counters['callsMade']).to.be.at.least(20);
    const health = await waitFor('the other machine to hear of it', async () => {
      const row = await rowOf('ailing');
      return row?.health?.score === 60 ? row.health : undefined;
    });
    expect(health.reasons).to.deep.equal(['100 % of its calls fail (−40)']);
    const text = await shown('ailing@main');
    expect(text).to.match(/^ {2}health {8}60 of 100\n {16}100 % of its calls fail \(−40\)$/m);
    const [row] = JSON.parse(await shown('ailing@main', '--json')) as { health: unknown }[];
    expect(row?.health).to.deep.equal(health);
  });

  it('stands in what the agent says of itself, with the figures of each action', async () => {
    const mesh = await fleet().main.mesh();
    await Promise.all([5, 5].map((ms) => mesh.call('ailing.work', { ms })));
    const endpoint = (await rowOf('ailing'))?.control ?? '';
    const client = new RequestClient({ endpoint, name: 'tester', peer: 'ailing', frameBytesMax: 1_048_576 });
    const { health, actions = {} } = await client.request('mesh.health', {});
    const described = (await client.request('mesh.info', {})).actions;
    client.close();
    expect(health?.score).to.equal(60);
    expect(actions['fail']).to.include({ calls: 20, failures: 20, running: 0 });
    expect(actions['work']).to.include({ calls: 2, failures: 0, waiting: 0 });
    expect(actions['work']?.maxMs).to.be.at.least(5);
    expect(described.map(({ name, idempotent }) => [name, idempotent])).to.deep.equal([
      ['fail', undefined],
      ['work', true],
    ]);
    expect((await rowOf('ailing'))?.idempotent).to.deep.equal(['work']);
  });
});
