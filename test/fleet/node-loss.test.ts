/** The node of pc2 is killed: its agents do not notice, the next node takes them over, and nothing runs twice. */
import { join } from 'node:path';
import { expect } from 'chai';
import { AGENT_VARIABLE, EPOCH_VARIABLE, findProcesses, tokenOf } from '../../common/core/process-scan.js';
import { echo, fixture, useFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { flawless, judge } from '../support/oracle/oracle.js';
import { Hopeless, waitUntil } from '../support/wait-for.js';

const COUNT = 400;

describe('the loss of a node', () => {
  const fleet = useFleet({ pc2: { echo, caller: fixture('caller'), reporter: fixture('reporter') } });

  /** What runs on pc2, whoever its parent is. */
  const living = () => {
    const { home, name } = fleet().pc2;
    return findProcesses(tokenOf(home, name))
      .map(({ pid, env }) => ({ agent: env[AGENT_VARIABLE], pid, epoch: Number(env[EPOCH_VARIABLE]) }))
      .sort((a, b) => a.epoch - b.epoch);
  };
  const rows = async () => {
    const { agents } = await fleet().pc2.ask('node.ps', {});
    return agents.map(({ agent, pid, epoch }) => ({ agent, pid, epoch })).sort((a, b) => a.epoch - b.epoch);
  };

  it('leaves its agents alive and talking to each other; the next node adopts them as they are', async () => {
    const { pc2 } = fleet();
    const call = { target: 'echo@pc2.say', input: { text: 'still here' } };
    await pc2.call('caller@pc2.call', call);
    const before = living();
    expect(before.map(({ agent }) => agent)).to.have.members(['broker', 'echo', 'caller', 'reporter']);

    await pc2.killNode();
    expect(living()).to.deep.equal(before);
    // The connection of this program to the agent does not need the node either.
    expect(await pc2.call('caller@pc2.call', call)).to.include({ text: 'still here' });

    pc2.start();
    await pc2.ready();
    expect(living()).to.deep.equal(before);
    expect(await rows()).to.deep.equal(before);
    const { agents } = await pc2.ask('node.ps', {});
    expect(agents.map(({ restarts }) => restarts)).to.deep.equal([0, 0, 0, 0]);
  });

  it('starts again what ended while there was no node, under a higher number, and says that nobody saw it end', async () => {
    const { pc2 } = fleet();
    const died = await pc2.process('echo');
    await pc2.killNode();
    process.kill(died.pid, 'SIGKILL');
    pc2.start();
    const next = await pc2.successor('echo', died.epoch);
    expect(next.pid).to.not.equal(died.pid);
    await pc2.ready();
    const told = () => storedErrors(fleet().main.logFile).filter(({ context }) => context['pid'] === died.pid);
    await waitUntil('main to hear of it', () => told().length > 0);
    expect(told().map(({ code, agent, message }) => ({ code, agent, message }))).to.deep.equal([
      {
        code: 'AGENT_CRASHED',
        agent: 'echo',
        message: 'echo@pc2 ended while its machine had no node: how is not known',
      },
    ]);
    expect(living().map(({ agent }) => agent)).to.have.members(['broker', 'echo', 'caller', 'reporter']);
  });

  it('notices the end of what it adopted, and brings it back', async () => {
    const { pc2 } = fleet();
    const died = await pc2.kill('caller');
    const next = await pc2.successor('caller', died.epoch);
    expect(next).to.include({ restarts: 1, lastExit: 'ended unseen' });
  });

  it('loses and doubles nothing that an agent was emitting', async () => {
    const { main, pc2 } = fleet();
    const file = join(pc2.home, 'ledger');
    await pc2.call('reporter.burst', { count: COUNT, file, window: 8, perSecond: 1_000 });
    for (const share of [0.3, 0.7]) {
      await waitUntil('the burst to go on', async () => (await progress()) >= COUNT * share);
      await pc2.killNode();
      pc2.start();
    }
    await waitUntil('the burst to end', async () => (await progress()) === COUNT);
    const burst = () => storedErrors(main.logFile).filter(({ code }) => code === 'BURST');
    await waitUntil('main to have it all', () => burst().length >= COUNT);
    const mainRecords = burst().map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    const verdict = judge({ ledgerFiles: [file], mainRecords });
    expect(verdict).to.deep.equal(flawless(COUNT));
    await pc2.ready();
  });

  async function progress(): Promise<number> {
    const { done, failed } = (await fleet().pc2.call('reporter.progress')) as { done: number; failed: string };
    if (failed !== '') throw new Hopeless(failed);
    return done;
  }
});
