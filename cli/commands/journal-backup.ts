import { resolve } from 'node:path';
import { isLocalAddress } from '../../common/config/machines/local-machine.js';
import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { logOption, type StorePlace, storeWord } from '../journals/store-option.js';
import { workOnStores } from '../journals/store-work.js';
import { sizeText } from '../terminal/quantity.js';

export const command: Command = {
  details:
    'While everything goes on. Compressed, checked hash by hash, on the disk when this ends; older ones go as `journal.backup.keep` says. Default: the journals of all machines and the log of main, each in the data folder of its machine. Exit code 7 when what was backed up has damaged records.',
  options: [
    { ...logOption, description: "only main's log" },
    {
      flags: '--out <dir>',
      description: 'into that folder of this box instead, where nothing is removed; for machines of this box',
    },
  ],
  examples: [
    { line: 'mesh journal backup', explains: 'the journals of all machines, and the log of main' },
    { line: 'mesh journal backup --machine pc2 --out ./kept', explains: 'one machine of this box, into a folder' },
    { line: 'mesh journal backup --log --json', explains: 'the log alone, for a script' },
  ],
  async run(context, args) {
    const { output } = context;
    const folder = args.text('out');
    const { rows, exitCode } = await workOnStores<'journal.backup'>(context, args, (place) =>
      folder === undefined ? byNode(context, place) : here(context, place, resolve(context.surroundings.cwd, folder)),
    );
    await output.list(rows, {
      columns: [
        { head: 'machine', value: ({ machine }) => machine },
        { head: 'store', value: ({ store }) => store },
        { head: 'records', value: ({ checkedCount }) => String(checkedCount) },
        { head: 'damaged', value: ({ damagedCount }) => String(damagedCount) },
        { head: 'size', value: ({ sizeBytes }) => sizeText(sizeBytes) },
        { head: 'name', value: ({ name }) => name },
      ],
      name: ({ name }) => name,
      empty: 'nothing was backed up',
    });
    const damaged = rows.filter(({ damagedCount }) => damagedCount > 0);
    for (const { machine, store } of damaged)
      output.warn(
        `the ${storeWord(machine, store)} has damaged records: see "mesh journal verify --machine ${machine}"`,
      );
    return damaged.length === 0 ? exitCode : DEGRADED;
  },
};

const DEGRADED = 7;

async function byNode(context: Context, { machine, store }: StorePlace): Promise<Answer<'journal.backup'>> {
  const node = await (await context.access()).node(machine);
  const options = { timeoutMs: limits.careJobMsMax, signal: context.signal };
  return node.request('journal.backup', { store }, options);
}

/** A folder is a matter of this box, and is not told to a node: it would write wherever anybody says. */
async function here(
  context: Context,
  { machine, store }: StorePlace,
  folder: string,
): Promise<Answer<'journal.backup'>> {
  if (!isLocalAddress(machine.address)) {
    throw new MeshError('USAGE', `${machine.name} is not this box, so --out cannot be said of it`, {
      hint: 'leave --out away, or run the command over there',
    });
  }
  const [{ backUp }, { storePathOf }] = await Promise.all([
    import('../../common/journal/care/backup.js'),
    import('../journals/store-path.js'),
  ]);
  const { home } = await context.running();
  const file = storePathOf(home, machine.name, store);
  const options = { file, kind: store, machine: machine.name, folder, wallMs: systemClock.wallMs() };
  const { name, sizeBytes, verdict } = await backUp(options, () => undefined);
  const damagedCount = verdict.damagedCount + verdict.missingCount;
  return { name, sizeBytes, checkedCount: verdict.checkedCount, damagedCount, dropped: [] };
}
