import { join } from 'node:path';
import { systemClock } from '../../common/core/clock.js';
import type { Command } from '../command/command.js';
import { sortAnswers } from '../fleet/machine-answers.js';
import { ageText, isoTime, sizeText } from '../terminal/quantity.js';

export const command: Command = {
  details: 'Newest first. They are in the data folder of each machine; `mesh journal restore` puts one back.',
  examples: [
    { line: 'mesh journal backups', explains: 'of all machines' },
    { line: 'mesh journal backups --machine pc2 -o name', explains: 'the names alone, for a script' },
  ],
  async run(context) {
    const access = await context.access();
    const answers = await access.askEach(await context.machinesAsked(), 'journal.backups', {});
    const { bodies, exitCode } = sortAnswers(answers, context.output);
    const nowMs = systemClock.wallMs();
    const rows = bodies.flatMap(({ body: { folder, backups } }) =>
      backups.map(({ name, store, machine, madeMs, sizeBytes }) => ({
        machine,
        store,
        name,
        file: join(folder, name),
        madeAt: isoTime(madeMs),
        ageMs: Math.max(0, nowMs - madeMs),
        sizeBytes,
      })),
    );
    await context.output.list(rows, {
      columns: [
        { head: 'machine', value: ({ machine }) => machine },
        { head: 'store', value: ({ store }) => store },
        { head: 'age', value: ({ ageMs }) => ageText(ageMs) },
        { head: 'size', value: ({ sizeBytes }) => sizeText(sizeBytes) },
        { head: 'name', value: ({ name }) => name },
      ],
      name: ({ name }) => name,
      empty: 'no backup yet; next: mesh journal backup',
    });
    return exitCode;
  },
};
