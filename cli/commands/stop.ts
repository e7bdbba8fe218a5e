import type { Command } from '../command/command.js';
import { agentOperands, operationOptions, runOperation } from '../operations/operation-command.js';

export const command: Command = {
  details:
    'Without @MACHINE: on every machine that has the agent. It finishes what it has, is killed after its time of grace, and stays down until "mesh start", also when its node is started again. To stop a whole machine: mesh down. Who depends on it is said. Exit code 1 when none has stopped, 7 when some have not.',
  operands: agentOperands,
  options: operationOptions,
  examples: [
    { line: 'mesh stop echo@pc2', explains: 'one agent' },
    { line: 'mesh stop host-monitor --no-wait', explains: 'on both machines, and do not wait' },
    { line: 'mesh stop --all --machine pc2', explains: 'every agent of a machine; its node goes on' },
  ],
  run: (context, args) => runOperation('stop', context, args),
};
