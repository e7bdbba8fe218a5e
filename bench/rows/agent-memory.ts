/** What an agent that has nothing to do keeps in memory, against a Node process that has nothing to do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { delay } from '../../common/core/clock.js';
import { BenchMachine } from '../fleets/bench-machine.js';
import { median } from '../measure/median.js';
import { rssMbOf } from '../measure/process-figures.js';
import type { RatioRow, Side } from '../measure/row.js';

const COUNT = 8;
const IDLE = 'setInterval(() => {}, 1e9)';
const ECHO = fileURLToPath(new URL('../../agents/echo/agent.js', import.meta.url));

export const agentMemory: RatioRow = {
  kind: 'ratio',
  name: 'agent-memory',
  title: 'resident memory of an idle agent',
  unit: 'MB',
  better: 'less',
  openOurs: async () => {
    const names = Array.from({ length: COUNT }, (_, i) => `echo-${i + 1}`);
    const machine = await BenchMachine.start(Object.fromEntries(names.map((name) => [name, ECHO])));
    return sideOf(() => machine.agentPids, machine.close);
  },
  peers: [{ name: 'an idle Node process', goal: 0.71, open: openIdleProcesses }],
};

async function openIdleProcesses(): Promise<Side> {
  const children = Array.from({ length: COUNT }, () => spawn(process.execPath, ['-e', IDLE], { stdio: 'ignore' }));
  return sideOf(
    () => children.flatMap(({ pid }) => pid ?? []),
    async () => {
      await Promise.all(children.map(end));
    },
  );
}

const sideOf = (pids: () => readonly number[], close: () => Promise<void>): Side => ({
  measure: async (ms) => {
    await delay(ms);
    return median(pids().map(rssMbOf));
  },
  close,
});

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
