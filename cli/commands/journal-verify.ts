import { errorTable } from '../../common/core/errors.js';
import type { Command } from '../command.js';
import { sortAnswers } from '../machine-answers.js';
import { counted } from '../quantity.js';

/** Walking millions of hashes takes its time; the node answers other questions meanwhile. */
const VERIFY_TIMEOUT_MS = 600_000;

export const command: Command = {
  details: 'Every record is hashed again and compared. Exit code 7 when a journal does not hold what was written.',
  examples: [
    { line: 'mesh journal verify', explains: 'the journals of all machines' },
    { line: 'mesh journal verify --machine pc2 --json', explains: 'one machine, for a script' },
  ],
  async run(context) {
    const access = await context.access();
    const answers = await access.askEach(
      await context.machinesAsked(),
      'journal.verify',
      {},
      {
        timeoutMs: VERIFY_TIMEOUT_MS,
        signal: context.signal,
      },
    );
    const { bodies, exitCode } = sortAnswers(answers, context.output);
    const rows = bodies.map(({ machine, body }) => ({ machine, ...body }));
    const { output } = context;
    await output.list(rows, {
      columns: [
        { head: 'machine', value: ({ machine }) => machine },
        { head: 'checked', value: ({ checkedCount }) => String(checkedCount) },
        { head: 'damaged', value: ({ damaged }) => String(damaged.length) },
      ],
      name: ({ machine }) => machine,
      empty: 'no journal',
    });
    for (const { machine, damaged } of rows) {
      for (const { journalId, seq, reason } of damaged) {
        output.warn(`${machine}: record ${seq} of journal ${journalId} is damaged: ${reason}`);
      }
    }
    const damagedCount = rows.reduce((sum, { damaged }) => sum + damaged.length, 0);
    if (damagedCount === 0) return exitCode;
    output.note(`${counted(damagedCount, 'damaged record')}; next: restore that machine's journal.db from a backup`);
    return errorTable.JOURNAL_DAMAGED.exitCode;
  },
};
