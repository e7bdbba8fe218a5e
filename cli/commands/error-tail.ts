import { ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import type { Command } from '../command/command.js';
import { replacedText, tailArguments, tailLog, tailOptions } from '../records/log-tail.js';
import { errorLine, errorRowOf } from '../rows/record-row.js';

export const command: Command = {
  details: 'From the log of main, each error once; follows until it is interrupted. ID goes on with --from.',
  options: tailOptions,
  examples: [
    { line: 'mesh error tail', explains: 'failures of all machines as they come', follows: true },
    { line: 'mesh error tail --on pc2 --json', explains: 'those of pc2, one JSON object each', follows: true },
    { line: 'mesh error tail -n 5 --no-follow', explains: 'the last five' },
  ],
  async run(context, args) {
    const { filter, ...rest } = tailArguments(args, context.flags.machine);
    const access = await context.access();
    const { output, signal } = context;
    await tailLog({
      ...rest,
      filter: { ...filter, stream: ERRORS_STREAM },
      signal,
      connect: () => access.log(),
      onRecord: (record) =>
        output.item(
          errorRowOf(record),
          (row) => errorLine(row, output.colors),
          ({ fingerprint }) => fingerprint,
        ),
      onLink: (problem) => output.warn(problem ? `${problem.message}; going on when it is back` : 'the log is back'),
      onReplaced: (lastSharedId) => output.warn(replacedText(lastSharedId)),
    });
  },
};
