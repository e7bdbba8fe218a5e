/** An agent of pc2 dies: main learns how, with its last words or its last lines, and the agent is back by itself. */
import { expect } from 'chai';
import { echo, fixture, useFleet } from '../support/fleet/test-fleet.js';
import { type StoredReport, storedErrors } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

describe('an agent of pc2 that dies', () => {
  const fleet = useFleet({
    pc2: { echo, crasher: fixture('crasher'), thrower: fixture('crasher'), rejecter: fixture('crasher') },
  });

  /** The errors that main holds of one incarnation of an agent. */
  const errorsOf = (pid: number): StoredReport[] =>
    storedErrors(fleet().main.logFile).filter(({ context }) => context['pid'] === pid);
  const errorOf = (pid: number) => waitFor('main to hear of it', () => errorsOf(pid)[0]);

  for (const agent of ['echo', 'broker']) {
    it(`by SIGKILL (${agent}) is on main's error bus with the signal, and back with a higher epoch`, async () => {
      const { pc2 } = fleet();
      const died = await pc2.kill(agent);
      const report = await errorOf(died.pid);
      expect(report).to.include({ code: 'AGENT_CRASHED', machine: 'pc2', agent });
      expect(report.message).to.equal(`${agent}@pc2 ended unexpectedly: killed by SIGKILL`);
      expect(report.context).to.include({ signal: 'SIGKILL', restarts: 0 });
      const next = await pc2.successor(agent, died.epoch);
      expect(next).to.include({ restarts: 1, lastExit: 'killed by SIGKILL' });
      expect(next.pid).to.not.equal(died.pid);
      expect(errorsOf(died.pid)).to.have.length(1);
    });
  }

  it('by SIGKILL has the last lines that it wrote in its report', async () => {
    const { pc2 } = fleet();
    await pc2.call('crasher.write', { line: 'the very last line' });
    const died = await pc2.kill('crasher');
    const { context } = await errorOf(died.pid);
    expect((context['lastLogLines'] as string[]).at(-1)).to.equal('the very last line');
    await pc2.successor('crasher', died.epoch);
  });

  for (const [agent, action] of [
    ['thrower', 'throw'],
    ['rejecter', 'reject'],
  ] as const) {
    it(`of an error that nobody caught (${action}) leaves its message and its stack`, async () => {
      const { pc2 } = fleet();
      const { pid, epoch } = await pc2.process(agent);
      await pc2.call(`${agent}.${action}`, { message: `gone by ${action}` }).catch(() => undefined);
      const report = await errorOf(pid);
      expect(report.message).to.equal(`gone by ${action}`);
      expect(report.stack).to.match(/RangeError: gone by .*\n +at .*crasher\.[jt]s/);
      expect(report.context).to.include({ exitCode: 1, exit: 'exit code 1' });
      await pc2.successor(agent, epoch);
    });
  }

  it('is called again where it is now, by those who called it before', async () => {
    const { pc2 } = fleet();
    expect(await pc2.call('echo.say', { text: 'before' })).to.include({ text: 'before' });
    const died = await pc2.kill('echo');
    await pc2.successor('echo', died.epoch);
    await waitUntil('the next call to succeed', async () => {
      const answer = await pc2.call('echo.say', { text: 'after' });
      return (answer as { text: string }).text === 'after';
    });
  });
});
