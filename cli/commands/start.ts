import type { Command } from '../command/command.js';
import { agentOperands, operationOptions, runOperation } from '../operations/operation-command.js';

export const command: Command = {
  details:
    'Without @MACHINE: on every machine that has the agent. Starts what is down, releases what is quarantined with a new budget of starts, and leaves what runs as it is. Ends when each agent is ready; exit code 1 when none is, 7 when some are not. What fails is shown with its last lines.',
  operands: agentOperands,
  options: operationOptions,
  examples: [
    { line: 'mesh start echo@pc2', explains: 'one agent, until it is ready' },
    { line: 'mesh start echo host-monitor', explains: 'several, wherever they are' },
    { line: 'mesh start --all --machine pc2 --json', explains: 'all that is down on one machine, for a script' },
  ],
  run: (context, args) => runOperation('start', context, args),
};
