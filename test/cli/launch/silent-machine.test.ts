/** What is said of a machine that does not answer, by the processes that are found of it. */
import { expect } from 'chai';
import { nextStepAmong } from '../../../cli/fleet/silent-machine.js';
import type { FoundProcess } from '../../../common/core/process-scan.js';

const running = (pid: number, agent: string, env: Readonly<Record<string, string>> = {}): FoundProcess => ({
  pid,
  pgid: pid,
  startTicks: 1,
  env: { MESH_AGENT: agent, ...env },
});
const keeper = running(10, 'keeper');
const kept = running(11, 'node', { MESH_KEEPER: '10' });
const agent = running(12, 'echo');

describe('the next step for a machine that does not answer', () => {
  it('is to start it when neither node nor keeper is there, whoever of its agents is', () => {
    expect(nextStepAmong('pc2', [])).to.equal('start it with "mesh up pc2"');
    expect(nextStepAmong('pc2', [agent])).to.equal('start it with "mesh up pc2"');
  });

  it('names a node that is there, because starting it would be refused and taking it down would cost its agents', () => {
    const step = nextStepAmong('pc2', [keeper, kept, agent]);
    expect(step).to.contain('its node is there, process 11: if it hangs, "kill -KILL 11" brings');
    expect(step).to.contain('"mesh down pc2" and "mesh up pc2"');
    const bySystemd = running(11, 'node');
    expect(nextStepAmong('pc2', [bySystemd])).to.contain('"kill -KILL 11" brings');
  });

  it('is also to start it where nobody else would', () => {
    expect(nextStepAmong('pc2', [kept])).to.contain('"kill -KILL 11" and "mesh up pc2" bring');
  });

  it('is to read why, when a keeper tries in vain', () => {
    expect(nextStepAmong('pc2', [keeper, agent])).to.match(/^its keeper, process 10, .*data\/pc2\/logs\/node\.log$/);
  });
});
