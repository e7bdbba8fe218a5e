/** Two machines as a user starts them: everything finds everything, in both directions, and nothing stays behind. */
import { expect } from 'chai';
import { findProcesses, tokenOf } from '../../common/core/process-scan.js';
import { echo, fixture, TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import { waitUntil } from '../support/wait-for.js';

const agents = { echo, caller: fixture('caller') };

describe('two machines', () => {
  const fleet = useFleet({ main: agents, pc2: { ...agents, late: { ...fixture('caller'), after: ['echo'] } } });
  const everything = ['caller@main', 'echo@main', 'caller@pc2', 'echo@pc2', 'late@pc2'];

  it('know every agent of both, each from its own registry', async () => {
    for (const machine of fleet().machines) {
      await waitUntil(`${machine.name} to know everything`, async () => {
        const { agents: known } = await machine.ask('registry.list', {});
        return known.filter(({ state }) => state === 'ready').length === everything.length;
      });
      const { machines, agents: known } = await machine.ask('registry.list', {});
      expect(known.map(({ instance }) => instance)).to.deep.equal(everything);
      expect(machines.map(({ machine: name, reachable }) => [name, reachable])).to.deep.equal([
        ['main', true],
        ['pc2', true],
      ]);
    }
  });

  it('say of themselves that they are ready, with nothing wrong', async () => {
    for (const machine of fleet().machines) {
      const { phase, problems, readyCount, agentCount } = await machine.ask('node.status', {});
      expect([phase, problems, readyCount]).to.deep.equal(['ready', [], agentCount]);
    }
  });

  it('start what depends on something after it', async () => {
    const first = await fleet().pc2.process('echo');
    const late = await fleet().pc2.process('late');
    expect(late.wave).to.equal(first.wave + 1);
    expect(late.epoch).to.be.greaterThan(first.epoch);
  });

  it('call each other both ways, by service and by instance', async () => {
    const { main, pc2 } = fleet();
    const input = { target: 'echo.say', input: { text: 'hi' } };
    for (const machine of [main, pc2]) {
      expect(await machine.call('echo.say', { text: 'hi' })).to.include({ text: 'hi' });
      for (const target of ['echo@main.say', 'echo@pc2.say']) {
        expect(await machine.call('caller.call', { ...input, target })).to.include({ text: 'hi' });
      }
    }
  });

  it('hear what the other publishes, and what they publish themselves, once', async () => {
    const { main, pc2 } = fleet();
    for (const machine of [main, pc2]) await machine.call(`caller@${machine.name}.subscribe`, { pattern: 'test.>' });
    // A subscription travels; until it has arrived, events pass it by.
    for (const to of [main, pc2]) {
      for (const from of [main, pc2]) {
        await waitUntil(`${to.name} to hear ${from.name}`, async () => {
          await from.call(`caller@${from.name}.publish`, { topic: `test.${from.name}`, body: 'warm-up' });
          return (await eventsOf(to, `test.${from.name}`)).length > 0;
        });
      }
    }
    for (const from of [main, pc2])
      await from.call(`caller@${from.name}.publish`, { topic: `test.${from.name}.real`, body: from.name });
    for (const to of [main, pc2]) {
      for (const from of [main, pc2]) {
        const topic = `test.${from.name}.real`;
        await waitUntil(`${to.name} to hear ${topic}`, async () => (await eventsOf(to, topic)).length > 0);
        expect(await eventsOf(to, topic)).to.deep.equal([from.name]);
      }
    }
  });
});

async function eventsOf(machine: TestFleet['main'], topic: string): Promise<unknown[]> {
  const { events } = (await machine.call(`caller@${machine.name}.seen`)) as {
    events: { topic: string; body: unknown }[];
  };
  return events.filter((event) => event.topic === topic).map(({ body }) => body);
}

describe('a fleet that is taken down', () => {
  it('leaves no process, and its nodes end with 0', async () => {
    const fleet = await TestFleet.start({ main: agents, pc2: agents });
    const tokens = fleet.machines.map(({ home, name }) => tokenOf(home, name));
    expect(tokens.map((token) => findProcesses(token).length)).to.deep.equal([3, 3]);
    expect(await Promise.all(fleet.machines.map((machine) => machine.stop()))).to.deep.equal([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(tokens.flatMap((token) => findProcesses(token))).to.deep.equal([]);
    await fleet.close();
  });
});
