import type { Command } from '../command/command.js';
import { replacedText, tailArguments, tailLog, tailOptions } from '../records/log-tail.js';
import { recordLine, recordRowOf } from '../rows/record-row.js';

export const command: Command = {
  details:
    'From the log of main, in its order, each record once; follows until it is interrupted. --from ID goes on where an earlier one ended.',
  operands: [{ syntax: '[stream]', description: 'only that stream; default all' }],
  options: tailOptions,
  examples: [
    { line: 'mesh stream tail', explains: 'the last records, and those that come', follows: true },
    { line: 'mesh stream tail errors -n 3 --no-follow --json', explains: 'the last three, one JSON object each' },
    { line: 'mesh stream tail --from start --no-follow --on pc2', explains: 'all that is stored of pc2' },
    { line: 'mesh stream tail errors --from 10m', explains: 'the last ten minutes, and what comes', follows: true },
    { line: 'mesh stream tail --from 1 --no-follow -o name', explains: 'by id: the ids from 1 on' },
  ],
  async run(context, args) {
    const stream = args.optionalOperand(0);
    const { filter, ...rest } = tailArguments(args, context.flags.machine);
    const access = await context.access();
    const { output, signal } = context;
    await tailLog({
      ...rest,
      filter: { ...filter, ...(stream === undefined ? {} : { stream }) },
      signal,
      connect: () => access.log(),
      onRecord: (record) =>
        output.item(
          recordRowOf(record),
          (row) => recordLine(row, output.colors),
          ({ id }) => String(id),
        ),
      onLink: (problem) => output.warn(problem ? `${problem.message}; going on when it is back` : 'the log is back'),
      onReplaced: (lastSharedId) => output.warn(replacedText(lastSharedId)),
    });
  },
};
