/** How an instance fares is known wherever the registry is, and why: with a real agent whose calls fail. */
import { expect } from 'chai';
import type { Health } from '../../common/core/health-score.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { runMesh } from '../cli/mesh-process.js';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

describe('the health of an agent', () => {
  const fleet = useFleet({ main: { ailing: fixture('ailing'), tail: { command: ['sleep', '600'] } } });
  const rowOf = async (agent: string) => {
    const { agents } = await fleet().pc2.ask('registry.find', { agent });
    return agents[0];
  };
  let failedCount = 0;
  const fail = async () => {
    const mesh = await fleet().main.mesh();
    await Promise.allSettled(Array.from({ length: 20 }, () => mesh.call('ailing.fail')));
    failedCount += 20;
  };
  /** On a busy box there may be other reasons beside it. */
  const isIll = (health: Health | undefined): boolean =>
    health?.reasons.some((reason) => /^\d+ % of its calls fail \(−40\)$/.test(reason)) === true &&
    (health.score ?? 100) <= 60;
  const shown = async (...args: string[]) => {
    const { stdout } = await runMesh(['registry', 'show', ...args], { cwd: fleet().main.home });
    return stdout;
  };

  it('is in its row of the registry from the beginning, and of a program that says nothing there is none', async () => {
    expect((await rowOf('ailing'))?.health).to.have.property('score');
    // On a busy box its loop may lag for a while.
    await waitUntil('it to be well', async () => (await rowOf('ailing'))?.health?.score === 100);
    expect(await rowOf('tail')).to.not.have.property('health');
    expect(await shown('tail@main')).to.match(/^ {2}health {8}-$/m);
  });

  it('tells on the other machine within two beats that its calls fail, with the reason', async () => {
    await fail();
    expect((await fleet().main.mesh()).counters['callsMade']).to.be.at.least(20);
    await waitUntil('the other machine to hear of it', async () => isIll((await rowOf('ailing'))?.health));
    // What failed counts for some seconds: it is done again before each look.
    await fail();
    expect(await shown('ailing@main')).to.match(
      /^ {2}health {8}\d+ of 100\n(?: {16}.*\n)*? {16}100 % of its calls fail \(−40\)$/m,
    );
    await fail();
    const [row] = JSON.parse(await shown('ailing@main', '--json')) as { health: Health }[];
    expect(row?.health).to.satisfy(isIll);
  });

  it('stands in what the agent says of itself, with the figures of each action', async () => {
    const mesh = await fleet().main.mesh();
    await Promise.all([5, 5].map((ms) => mesh.call('ailing.work', { ms })));
    const endpoint = (await rowOf('ailing'))?.control ?? '';
    const client = new RequestClient({ endpoint, name: 'tester', peer: 'ailing', frameBytesMax: 1_048_576 });
    try {
      await fail();
      const { actions = {} } = await waitFor('it to be ill', async () => {
        const answer = await client.request('mesh.health', {});
        return isIll(answer.health) ? answer : undefined;
      });
      expect(actions['fail']).to.include({ calls: failedCount, failures: failedCount, running: 0 });
      expect(actions['work']).to.include({ calls: 2, failures: 0, waiting: 0 });
      expect(actions['work']?.maxMs).to.be.at.least(5);
      const described = (await client.request('mesh.info', {})).actions;
      expect(described.map(({ name, idempotent }) => [name, idempotent])).to.deep.equal([
        ['fail', undefined],
        ['work', true],
      ]);
    } finally {
      client.close();
    }
    expect((await rowOf('ailing'))?.idempotent).to.deep.equal(['work']);
  });
});
