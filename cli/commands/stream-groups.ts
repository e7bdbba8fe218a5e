import type { Command } from '../command/command.js';
import { consumerGroupForm } from '../rows/consumer-group-row.js';

export const command: Command = {
  details:
    'Pending is what is not settled yet; in hand, what members work on; retrying, what failed and waits for its next delivery.',
  examples: [
    { line: 'mesh stream groups', explains: 'how far each group is' },
    { line: 'mesh stream groups -o wide', explains: 'with what was delivered again, and words that came too late' },
    { line: 'mesh stream groups --json', explains: 'for a script, with the names of the members' },
  ],
  async run(context) {
    const log = await (await context.access()).log();
    const { groups } = await log.request('group.list', {});
    await context.output.list(groups, consumerGroupForm(context.output.colors));
  },
};
