/** Real processes that outlive the one that was started, in every way a program has to get away from its group. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { ProcessRemains } from '../../../agents/node/programs/process-remains.js';
import { findProcesses } from '../../../common/core/process-scan.js';
import { waitUntil } from '../../support/wait-for.js';

const token = `process-remains-test-${process.pid}`;

describe('what a process left behind', () => {
  const remains = new ProcessRemains(token);
  const started: ChildProcess[] = [];
  const living = () => findProcesses(token).length;

  function start(script: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn('sh', ['-c', script], {
      env: { PATH: process.env['PATH'], MESH_TOKEN: token, MESH_AGENT: 'one', MESH_EPOCH: '7', ...env },
      detached: true,
      stdio: 'ignore',
    });
    started.push(child);
    return child;
  }

  afterEach(async () => {
    for (const { pid } of findProcesses(token)) process.kill(pid, 'SIGKILL');
    await waitUntil('nothing to be left', () => living() === 0);
  });

  for (const [way, script] of [
    ['in its group', 'sleep 60 &'],
    ['in a session of its own', 'setsid sleep 60 & sleep 0.05'],
    ['twice removed', 'setsid sh -c "sleep 60 & sleep 60 & exit 0" & sleep 0.05'],
  ] as const) {
    it(`${way} is found, counted and killed`, async () => {
      await once(start(script), 'exit');
      const { found, left } = await remains.clear('one', 7);
      expect(found).to.be.greaterThan(0);
      expect(left).to.equal(0);
      expect(living()).to.equal(0);
    });
  }

  it('is nothing when it left nothing', async () => {
    await once(start('true'), 'exit');
    expect(await remains.clear('one', 7)).to.deep.equal({ found: 0, left: 0 });
  });

  it('is not what belongs to another agent, another incarnation, or a hook or a probe of its node', async () => {
    start('sleep 60', { MESH_AGENT: 'two' });
    start('sleep 60', { MESH_EPOCH: '8' });
    start('sleep 60', { MESH_HOOK: 'onReady' });
    start('sleep 60', { MESH_PROBE: 'alive' });
    await waitUntil('all four to live', () => living() >= 4);
    expect(await remains.clear('one', 7)).to.deep.equal({ found: 0, left: 0 });
    expect(living()).to.be.at.least(4);
  });

  it('also goes when it starts another of itself as often as it can', async () => {
    await once(start('for i in 1 2 3 4; do setsid sh -c "while :; do sleep 0.01; done" & done'), 'exit');
    expect(await remains.clear('one', 7)).to.include({ left: 0 });
    expect(living()).to.equal(0);
  });

  it('is looked for once for all that end at the same moment', async () => {
    await Promise.all(Array.from({ length: 5 }, () => once(start('setsid sleep 60 & sleep 0.05'), 'exit')));
    const cleared = await Promise.all([remains.clear('one', 7), remains.clear('one', 7)]);
    expect(cleared[0]).to.deep.equal(cleared[1]);
    expect(living()).to.equal(0);
  });
});
