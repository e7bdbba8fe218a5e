import { errorTable } from '../../common/core/errors.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import { sortAnswers } from '../fleet/machine-answers.js';
import { sizeText } from '../terminal/quantity.js';

type JournalRow = Answer<'journal.status'>;

export const command: Command = {
  details:
    'PENDING records are stored here and not yet in the log of main. Exit code 7 when a journal works only in part.',
  examples: [
    { line: 'mesh journal status', explains: 'every machine: stored, acknowledged, pending' },
    { line: 'mesh journal status --machine pc2 --json', explains: 'one machine, for a script' },
  ],
  async run(context) {
    const access = await context.access();
    const answers = await access.askEach(await context.machinesAsked(), 'journal.status', {});
    const { bodies, exitCode } = sortAnswers(answers, context.output);
    const rows = bodies.map(({ body }) => body);
    await context.output.list<JournalRow>(rows, {
      columns: [
        { head: 'machine', value: ({ machine }) => machine },
        { head: 'last', value: ({ lastSeq }) => String(lastSeq) },
        { head: 'acked', value: ({ ackedSeq }) => String(ackedSeq) },
        { head: 'pending', value: ({ pendingCount }) => String(pendingCount) },
        { head: 'size', value: ({ sizeBytes }) => sizeText(sizeBytes) },
        { head: 'journal', value: ({ journalId }) => journalId },
        { head: 'degraded', value: ({ degraded }) => degraded || '-' },
      ],
      name: ({ journalId }) => journalId,
      empty: 'no journal',
    });
    return rows.some(({ degraded }) => degraded !== '') ? errorTable.DEGRADED.exitCode : exitCode;
  },
};
