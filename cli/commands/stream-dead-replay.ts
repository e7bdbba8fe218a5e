import type { Command } from '../command/command.js';
import { chosenLetters, letterOperands, letterOptions } from '../records/letter-choice.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details:
    'Their group delivers them again, with as many deliveries as a new record has. One that is being tried again already is left alone.',
  operands: letterOperands,
  options: letterOptions,
  examples: [
    {
      line: 'mesh stream dead replay billing $(mesh stream dead ls billing -o name | head -1) --dry-run',
      explains: 'one of them, when what it failed on is repaired',
    },
    { line: 'mesh stream dead replay billing --all', explains: 'all of them' },
  ],
  async run(context, args) {
    const log = await (await context.access()).log();
    const { group, ids, dryRun } = await chosenLetters(args, log);
    const count = dryRun || ids.length === 0 ? ids.length : (await log.request('group.replay', { group, ids })).count;
    const what = `${counted(count, 'dead letter')} of ${group}`;
    await context.output.value(
      { group, count, ids, dryRun },
      () => `${what} ${dryRun ? 'would be tried again' : 'tried again'}`,
      () => ids.join('\n'),
    );
  },
};
