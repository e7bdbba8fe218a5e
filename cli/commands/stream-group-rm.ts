import { MeshError } from '../../common/core/errors.js';
import { nearest } from '../../common/core/nearest.js';
import type { Command } from '../command/command.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details: 'Refused while it has members. A consumer that joins a group of that name later makes a new one.',
  operands: [{ syntax: '<group>', description: 'as "mesh stream groups" shows it' }],
  options: [{ flags: '--dry-run', description: 'only say what would be forgotten' }],
  examples: [
    { line: 'mesh stream group rm old-import --dry-run', explains: 'how much it has not settled' },
    { line: 'mesh stream group rm old-import', explains: 'what nobody needs any more' },
  ],
  async run(context, args) {
    const group = args.operand(0);
    const log = await (await context.access()).log();
    const { groups } = await log.request('group.list', {});
    const known = groups.find((one) => one.group === group);
    if (known === undefined) {
      const near = nearest(
        group,
        groups.map((one) => one.group),
      );
      throw new MeshError('NOT_FOUND', `there is no consumer group "${group.slice(0, 100)}"`, {
        hint: 'see "mesh stream groups"',
        ...(near === undefined ? {} : { details: { didYouMean: near } }),
      });
    }
    const isDry = args.flag('dryRun');
    if (!isDry) await log.request('group.remove', { group });
    const { stream, pending, dead } = known;
    const text = `${group} of ${stream}, with ${pending} pending and ${counted(dead, 'dead letter')}`;
    await context.output.value(
      { group, stream, pending, dead, removed: !isDry },
      () => (isDry ? `would forget ${text}` : `forgot ${text}`),
      () => group,
    );
  },
};
