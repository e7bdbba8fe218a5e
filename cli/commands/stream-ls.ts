import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command/command.js';
import { type StreamRow, streamForm, streamRowOf } from '../rows/stream-row.js';

export const command: Command = {
  details:
    'OLDEST and NEWEST are the ages of the first and the last record that main holds. What is kept and who may write stands in config/streams.yaml; without a rule a stream is kept within the bound of the whole log.',
  examples: [
    { line: 'mesh stream ls', explains: 'every stream that main knows' },
    { line: 'mesh stream ls --json', explains: 'for a script' },
  ],
  async run(context) {
    const log = await (await context.access()).log();
    const rows: StreamRow[] = [];
    for (let after = '', more = true; more; after = rows.at(-1)?.stream ?? '') {
      const answer = await log.request('log.streams', { after, limit: limits.logReadMax });
      rows.push(...answer.streams.map(streamRowOf));
      more = answer.more && answer.streams.length > 0;
    }
    await context.output.list(rows, streamForm(context.output.colors, systemClock.wallMs()));
  },
};
