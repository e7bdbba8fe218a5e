import type { Command } from '../command/command.js';
import { decisionOf, decisionOptions, groupOperand, showDecision } from '../records/error-decision.js';

export const command: Command = {
  details: 'For what was resolved or muted too early, and for a regression that somebody looks after.',
  operands: [groupOperand],
  options: decisionOptions,
  examples: [{ line: 'mesh error reopen $(mesh error ls -a -n 1 -o name)', explains: 'it is not mended after all' }],
  async run(context, args) {
    const decision = decisionOf(args);
    const log = await (await context.access()).log();
    await showDecision(context, await log.request('error.reopen', decision), 'is open');
  },
};
