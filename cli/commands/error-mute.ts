import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command/command.js';
import { durationOption } from '../line/moment.js';
import { decisionOf, decisionOptions, groupOperand, showDecision } from '../records/error-decision.js';

export const command: Command = {
  details:
    'It is counted all the same, and open again when the time is over or so many more have come, whichever is first. "mesh error ls -a" lists it meanwhile.',
  operands: [groupOperand],
  options: [
    { flags: '--for <time>', description: 'so long: 30m, 2h, 7d' },
    { flags: '--until-count <n>', description: 'until so many more errors have come' },
    ...decisionOptions,
  ],
  examples: [
    { line: 'mesh error mute $(mesh error ls -a -n 1 -o name) --for 2h', explains: 'nobody wants to hear of it now' },
    {
      line: 'mesh error mute $(mesh error ls -a -n 1 -o name) --until-count 100 --why "known, see the runbook"',
      explains: 'unless it becomes more',
    },
  ],
  async run(context, args) {
    const forMs = durationOption(args, 'for', limits.errorMuteMsMax);
    const count = args.count('untilCount', { min: 1, max: limits.errorCountMax });
    const decision = decisionOf(args);
    if (forMs === undefined && count === undefined) {
      throw new MeshError('USAGE', 'a mute needs an end', { hint: 'add --for 2h, --until-count 100, or both' });
    }
    const bounds = { ...(forMs === undefined ? {} : { forMs }), ...(count === undefined ? {} : { count }) };
    const log = await (await context.access()).log();
    const answer = await log.request('error.mute', { ...decision, ...bounds });
    await showDecision(context, answer, 'is muted');
  },
};
