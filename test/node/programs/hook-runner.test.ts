/** Hooks as real programs: what they are told, what becomes of their output, and what happens to one that never ends. */
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openMachineFolder } from '../../../agents/node/machine/machine-folder.js';
import { HookRunner } from '../../../agents/node/programs/hook-runner.js';
import { type ProcessPlan, planProcesses } from '../../../agents/node/programs/process-plan.js';
import { findProcesses, tokenOf } from '../../../common/core/process-scan.js';
import { FleetFolder } from '../../config/fleet-folder.js';
import { waitUntil } from '../../support/wait-for.js';

describe('a hook', () => {
  let folder: FleetFolder;
  let plan: ProcessPlan;
  let told: string[];
  let runner: HookRunner;
  const log = () => readFileSync(plan.logFile, 'utf8');
  const living = () => findProcesses(tokenOf(folder.home, 'main')).length;

  beforeEach(() => {
    folder = new FleetFolder();
    const script = 'echo "$MESH_HOOK $MESH_AGENT $MESH_EPOCH $MESH_PID $MESH_EXIT $MESH_REASON"';
    const hooks = {
      onStart: ['./hook.sh', 'exit 3'],
      onReady: ['./hook.sh', script],
      onDrain: ['./hook.sh', 'sleep 60 & sleep 60'],
      onError: ['./hook.sh', script],
    };
    folder.write('hook.sh', '#!/bin/sh', 'eval "$1"');
    folder.write('config/machines/main.yaml', JSON.stringify({ agents: { one: { command: ['./hook.sh'], hooks } } }));
    chmodSync(join(folder.home, 'hook.sh'), 0o755);
    const fleet = folder.load();
    const { main: machine } = fleet;
    const surroundings = { folder: openMachineFolder(fleet.home, machine.name), env: process.env };
    const plans = planProcesses({ fleet, machine, logLevel: 'info', version: '1.0.0', ...surroundings });
    const found = plans.find(({ name }) => name === 'one');
    if (found === undefined) throw new Error('there is no plan');
    plan = found;
    told = [];
    runner = new HookRunner((_, hook, { epoch }, why) => void told.push(`${hook} ${epoch}: ${why}`));
  });
  afterEach(() => folder.close());

  it('that the set does not name is none', async () => {
    expect(await runner.run('onStop', plan, { epoch: 7, pid: 0 })).to.equal(undefined);
  });

  it('knows which it is, for whom, and writes into the log of the agent', async () => {
    expect(await runner.run('onReady', plan, { epoch: 7, pid: 42 })).to.equal(undefined);
    expect(log()).to.equal('onReady one 7 42  \n');
  });

  it('for a process that ended knows how, and why', async () => {
    await runner.run('onError', plan, { epoch: 7, pid: 0, exit: { code: 3, signal: undefined } });
    const signal = { code: undefined, signal: 'SIGKILL', reason: 'not ready within 5 ms' };
    await runner.run('onError', plan, { epoch: 8, pid: 0, exit: signal });
    expect(log()).to.equal('onError one 7  3 exit code 3\nonError one 8  SIGKILL not ready within 5 ms\n');
  });

  it('before the start answers with why it failed, for whoever starts to judge', async () => {
    expect(await runner.run('onStart', plan, { epoch: 7, pid: 0 })).to.equal('its hook onStart failed: exit code 3');
    expect(told).to.deep.equal([]);
  });

  it('that takes too long is killed with all that it started, and it is told', async () => {
    const why = await runner.run('onDrain', { ...plan, hookTimeoutMs: 200 }, { epoch: 7, pid: 42 });
    expect(why).to.equal('its hook onDrain failed: it took longer than 200 ms and was killed');
    expect(told).to.deep.equal([`onDrain 7: ${why}`]);
    await waitUntil('nothing of it to be left', () => living() === 0);
  });

  it('that is not there any more is told, and nothing else happens', async () => {
    folder.remove('hook.sh');
    const why = await runner.run('onReady', plan, { epoch: 7, pid: 42 });
    expect(why).to.equal(`its hook onReady failed: there is no program ${join(folder.home, 'hook.sh')}`);
  });
});
