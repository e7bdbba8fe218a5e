import { MeshError } from '../../common/core/errors.js';
import type { LogRecordBody } from '../../common/protocol/catalogue.js';
import { explainFingerprint, groupOf } from '../../common/protocol/errors/fingerprint.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { fingerprintOperand } from '../records/error-decision.js';
import { explanationText } from '../rows/fingerprint-text.js';

export const command: Command = {
  details:
    'A fingerprint is made of the first of these that a report has: an explicit one, the frames of the program itself in the stack, the message with all that varies replaced by marks. A group is explained by its latest occurrence.',
  operands: [
    {
      syntax: '<id>',
      description:
        'the start of a fingerprint, as "mesh error ls" shows it, or the number of a record, as "mesh error tail" does',
    },
  ],
  examples: [
    { line: 'mesh error explain $(mesh error ls -a -n 1 -o name)', explains: 'why these errors are one group' },
    { line: 'mesh error explain $(mesh error ls -a -n 1 -o name) --json', explains: 'the same for a script' },
  ],
  async run(context, args) {
    const text = args.operand(0);
    const record = /^\d{1,15}$/.test(text)
      ? await recordOf(context, Number(text))
      : await latestOf(context, fingerprintOperand(args));
    const report = groupOf(record.body, record.agent)?.report;
    if (report === undefined) {
      throw new MeshError(
        'INVALID_INPUT',
        `record ${record.id} is no error report: it is counted with all that cannot be read`,
        {
          hint: `see what it is: "mesh stream tail errors --from ${record.id - 1} -n 1 --no-follow"`,
        },
      );
    }
    const explained = {
      id: record.id,
      agent: record.agent,
      machine: record.machine,
      ...explainFingerprint(report, record.agent),
    };
    const { colors } = context.output;
    await context.output.value(
      explained,
      (value) => explanationText(value, colors),
      ({ fingerprint }) => fingerprint,
    );
  },
};

async function recordOf(context: Context, id: number): Promise<LogRecordBody> {
  const log = await (await context.access()).log();
  const { records } = await log.request('log.read', { afterId: Math.max(0, id - 1), limit: 1 });
  const [record] = records;
  if (record?.id === id) return record;
  throw new MeshError('NOT_FOUND', `main's log has no record ${id}`, {
    hint: 'it may be pruned by now: "mesh error tail -n 20 --no-follow" shows which there are',
  });
}

async function latestOf(context: Context, fingerprint: string): Promise<LogRecordBody> {
  const log = await (await context.access()).log();
  const { group, occurrences } = await log.request('log.error', { fingerprint });
  const [latest] = occurrences;
  if (latest !== undefined) return latest;
  throw new MeshError('NOT_FOUND', `no record of ${group.fingerprint} is left to explain it by: they are pruned`, {
    hint: `its counts are kept: "mesh error show ${group.fingerprint}"`,
  });
}
