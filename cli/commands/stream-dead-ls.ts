import { systemClock } from '../../common/core/clock.js';
import type { Command } from '../command/command.js';
import { lettersOf } from '../records/letter-choice.js';
import { letterForm, letterRowOf } from '../rows/consumer-group-row.js';

export const command: Command = {
  details:
    'A record is a dead letter after as many deliveries in vain as its group allows. The group went on without it.',
  operands: [{ syntax: '[group]', description: 'only of that group; default all' }],
  examples: [
    { line: 'mesh stream dead ls', explains: 'of every group' },
    { line: 'mesh stream dead ls billing -o wide', explains: 'of one, with what was in them' },
    { line: 'mesh stream dead ls billing --json', explains: 'for a script' },
  ],
  async run(context, args) {
    const { output } = context;
    const log = await (await context.access()).log();
    const asked = args.optionalOperand(0);
    const names =
      asked === undefined ? (await log.request('group.list', {})).groups.map(({ group }) => group) : [asked];
    const letters = await Promise.all(names.map((name) => lettersOf(log, name)));
    await output.list(letters.flat().map(letterRowOf), letterForm(output.colors, systemClock.wallMs()));
  },
};
