import type { Command } from '../command/command.js';
import { chosenLetters, letterOperands, letterOptions } from '../records/letter-choice.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details: "There is no way back. The record itself stays in main's log as long as any other.",
  operands: letterOperands,
  options: letterOptions,
  examples: [
    {
      line: 'mesh stream dead drop billing $(mesh stream dead ls billing -o name | head -1) --dry-run',
      explains: 'one that nobody needs',
    },
    { line: 'mesh stream dead drop billing --all', explains: 'all of them' },
  ],
  async run(context, args) {
    const log = await (await context.access()).log();
    const { group, ids, dryRun } = await chosenLetters(args, log);
    const count = dryRun || ids.length === 0 ? ids.length : (await log.request('group.drop', { group, ids })).count;
    const what = `${counted(count, 'dead letter')} of ${group}`;
    await context.output.value(
      { group, count, ids, dryRun },
      () => `${what} ${dryRun ? 'would be dropped' : 'dropped'}`,
      () => ids.join('\n'),
    );
  },
};
