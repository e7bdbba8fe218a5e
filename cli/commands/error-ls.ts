import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command.js';
import { errorGroupForm, errorGroupRowOf } from '../error-group-row.js';
import { nameOption } from '../registry-filter.js';

const LIMIT_DEFAULT = 50;

export const command: Command = {
  details: 'Errors that are the same but for numbers, ids, paths and quoted text are one group, with an exact count.',
  options: [
    { flags: '-n, --limit <count>', description: `that many groups, latest first; default ${LIMIT_DEFAULT}` },
    { flags: '--agent <name>', description: 'only of that agent' },
    { flags: '--on <machine>', description: 'only of that machine' },
  ],
  examples: [
    { line: 'mesh error ls', explains: 'what fails, latest first' },
    { line: 'mesh error ls --on pc2 -o wide', explains: 'of one machine, with status and first occurrence' },
    { line: 'mesh error ls --json', explains: 'for a script' },
  ],
  async run(context, args) {
    const agent = nameOption(args, 'agent');
    const machine = nameOption(args, 'on') ?? context.flags.machine;
    const limit = args.count('limit', { min: 1, max: limits.logReadMax }) ?? LIMIT_DEFAULT;
    const log = await (await context.access()).log();
    const { groups } = await log.request('log.errors', { limit });
    const rows = groups
      .map(errorGroupRowOf)
      .filter(
        (row) => (agent === undefined || row.agent === agent) && (machine === undefined || row.machine === machine),
      );
    await context.output.list(rows, errorGroupForm(context.output.colors, systemClock.wallMs()));
  },
};
