import type { Command } from '../command/command.js';
import { agentOperands, operationOptions, runOperation } from '../operations/operation-command.js';

export const command: Command = {
  details:
    'Without @MACHINE: on every machine that has the agent. All at once, or with --rolling one after the other: the next is touched when the one before is ready again, and none any more when one fails. Exit code 1 when none is ready again, 7 when some are not.',
  operands: agentOperands,
  options: [
    { flags: '--rolling', description: 'one after the other, or --parallel at a time; stops at the first failure' },
    ...operationOptions,
  ],
  examples: [
    { line: 'mesh restart echo@pc2', explains: 'one agent' },
    { line: 'mesh restart echo --rolling', explains: 'each instance in turn, so that one always serves' },
    { line: 'mesh restart --all --rolling --parallel 2', explains: 'everything, two at a time' },
  ],
  run: (context, args) => runOperation('restart', context, args),
};
