/** Agents of pc2 report the same error as fast as they can: main has the exact number in a few records. */
import { expect } from 'chai';
import { fixture, useFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { Hopeless, waitUntil } from '../support/wait-for.js';

const AGENTS = ['alarmist-1', 'alarmist-2', 'alarmist-3', 'alarmist-4'];

describe('errors of several agents in floods', function () {
  this.timeout(60_000);
  const fleet = useFleet({ pc2: Object.fromEntries(AGENTS.map((name) => [name, fixture('alarmist')])) });
  let made = 0;

  const flood = async (agents: readonly string[], count: number, perSecond: number, allDiffer = false) => {
    for (const agent of agents) await fleet().pc2.call(`${agent}@pc2.flood`, { count, perSecond, allDiffer });
    made += agents.length * count;
  };
  const untilSettled = async (agents: readonly string[]) => {
    for (const agent of agents)
      await waitUntil(`${agent} to know that all is on disk`, async () => {
        const answer = (await fleet().pc2.call(`${agent}@pc2.progress`)) as {
          told: number;
          settled: number;
          failed: string;
        };
        if (answer.failed !== '') throw new Hopeless(answer.failed);
        return answer.told === answer.settled;
      });
  };
  const ofFlood = () =>
    storedErrors(fleet().main.logFile).filter(({ code }) => code === 'FLOOD' || code === 'ERRORS_FOLDED');
  const onMain = () => ofFlood().reduce((sum, { count }) => sum + count, 0);
  const messages = async () => (await fleet().pc2.ask('mesh.health', {})).counters['batches'] ?? 0;

  it('that are the same are a few messages on the link, one group, and the exact number on main', async () => {
    const before = await messages();
    await flood(AGENTS, 25_000, 25_000);
    await untilSettled(AGENTS);
    await waitUntil('main to have all of them', () => onMain() >= made);
    expect(onMain()).to.equal(100_000);
    expect((await messages()) - before).to.be.at.most(20);
    const { groups } = await (await fleet().main.mesh()).request('log', 'log.errors', {});
    expect(groups.filter(({ code }) => code === 'FLOOD').map(({ count }) => count)).to.deep.equal([100_000]);
  });

  it('are exact on main when the link is cut and the node killed in the middle of it', async () => {
    const { link, pc2 } = fleet();
    link.cut();
    await flood(AGENTS, 10_000, 5_000);
    await pc2.killNode();
    pc2.start();
    await waitUntil(
      'the next node to count',
      async () => ((await pc2.ask('mesh.health', {})).counters['reportsCounted'] ?? 0) > 0,
    );
    await pc2.killNode();
    pc2.start();
    await untilSettled(AGENTS);
    link.restore();
    await waitUntil('main to have all of them', () => onMain() >= made);
    expect(onMain()).to.equal(made);
  });

  it('that all differ are counted too, and are bounded in number on main', async () => {
    const before = ofFlood().length;
    await flood(AGENTS, 1_000, 5_000, true);
    await untilSettled(AGENTS);
    await waitUntil('main to have all of them', () => onMain() >= made);
    expect(onMain()).to.equal(made);
    expect(ofFlood().length - before).to.be.at.most(1_200);
  });
});
