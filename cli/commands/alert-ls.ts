import { systemClock } from '../../common/core/clock.js';
import { errorTable, toMeshError } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';
import { askAlerter } from '../fleet/alerter-access.js';
import { alertForm, alertRowsOf } from '../rows/alert-row.js';

export const command: Command = {
  details:
    'The rules as the files here say them, and how each stands as the alerter on main knows it. Held back is what happened since the last notice about the same thing: it is in the next one. Exit code 7 when the alerter does not answer; the rules are shown all the same.',
  examples: [
    { line: 'mesh alert ls', explains: 'which rules fire, and what they told last' },
    { line: 'mesh alert ls -o wide', explains: 'with the file and line of each' },
    { line: 'mesh alert ls --json', explains: 'for a script, with all that fires' },
  ],
  async run(context) {
    const { alerts } = await context.fleet();
    const { output } = context;
    let silent = '';
    const standings =
      alerts.rules.length === 0
        ? undefined
        : await context
            .access()
            .then((access) => askAlerter(access, 'standings', {}, { signal: context.signal }))
            .catch((error: unknown) => {
              silent = toMeshError(error).message;
              return undefined;
            });
    if (silent !== '') output.warn(silent);
    if (standings !== undefined && standings.waiting > 0)
      output.warn(`${standings.waiting} notices wait for their routes`);
    await output.list(alertRowsOf(alerts, standings), alertForm(output.colors, systemClock.wallMs()));
    return silent === '' ? 0 : errorTable.DEGRADED.exitCode;
  },
};
