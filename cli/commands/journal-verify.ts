import { errorTable } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command/command.js';
import { logOption, storeWord } from '../journals/store-option.js';
import { workOnStores } from '../journals/store-work.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details:
    'Every record is hashed again and compared with the chain that it belongs to, beside the work that goes on. Default: the journals of all machines and the log of main. Exit code 7 when one does not hold what was written.',
  options: [{ ...logOption, description: "only main's log" }],
  examples: [
    { line: 'mesh journal verify', explains: 'the journals of all machines, and the log of main' },
    { line: 'mesh journal verify --log', explains: 'the log alone' },
    { line: 'mesh journal verify --machine pc2 --json', explains: 'one machine, for a script' },
  ],
  async run(context, args) {
    const { output, signal } = context;
    const { rows, exitCode } = await workOnStores<'journal.verify'>(context, args, async ({ machine, store }) => {
      const node = await (await context.access()).node(machine);
      return node.request('journal.verify', { store }, { timeoutMs: limits.careJobMsMax, signal });
    });
    await output.list(rows, {
      columns: [
        { head: 'machine', value: ({ machine }) => machine },
        { head: 'store', value: ({ store }) => store },
        { head: 'checked', value: ({ checkedCount }) => String(checkedCount) },
        { head: 'damaged', value: ({ damagedCount, damaged }) => String(damagedCount ?? damaged.length) },
        { head: 'missing', value: ({ missingCount = 0 }) => String(missingCount) },
        { head: 'holes', value: ({ holeCount = 0 }) => String(holeCount) },
        { head: 'unprovable', value: ({ unverifiableCount = 0 }) => String(unverifiableCount), wide: true },
      ],
      name: ({ machine, store }) => storeWord(machine, store),
      empty: 'no journal',
    });
    for (const { machine, store, damaged, forks = [] } of rows) {
      for (const { journalId, seq, reason } of damaged)
        output.warn(`${storeWord(machine, store)}: record ${seq} of ${journalId}: ${reason}`);
      for (const { parentId, journalIds } of forks)
        output.note(
          `${storeWord(machine, store)}: ${journalIds.join(' and ')} both follow ${parentId}: restored from a backup`,
        );
    }
    const faultCount = rows.reduce(
      (sum, row) => sum + (row.damagedCount ?? row.damaged.length) + (row.missingCount ?? 0),
      0,
    );
    if (faultCount === 0) return exitCode;
    output.note(`${counted(faultCount, 'record')} damaged or missing; next: see docs/journal.md, "Damage"`);
    return errorTable.JOURNAL_DAMAGED.exitCode;
  },
};
