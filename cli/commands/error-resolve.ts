import type { Command } from '../command/command.js';
import { decisionOf, decisionOptions, groupOperand, showDecision } from '../records/error-decision.js';

export const command: Command = {
  details:
    'For a cause that is mended. The next error of the group that happens from now on makes it regressed, and names the release; one that happened before and only arrives later does not. Who resolved it, when and why is a record on the stream error-status.',
  operands: [groupOperand],
  options: decisionOptions,
  examples: [
    { line: 'mesh error resolve $(mesh error ls -a -n 1 -o name)', explains: 'the latest is mended' },
    { line: 'mesh error resolve $(mesh error ls -a -n 1 -o name) --why "deployed 1.4.3"', explains: 'and why' },
  ],
  async run(context, args) {
    const decision = decisionOf(args);
    const log = await (await context.access()).log();
    await showDecision(context, await log.request('error.resolve', decision), 'is resolved');
  },
};
