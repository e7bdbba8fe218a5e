import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { Input } from '../../common/protocol/catalogue.js';
import { severities } from '../../common/protocol/errors/severity.js';
import type { Command } from '../command/command.js';
import type { Arguments } from '../line/arguments.js';
import { parseMoment } from '../line/moment.js';
import { nameOption } from '../line/registry-filter.js';
import { errorGroupForm, errorGroupRowOf } from '../rows/error-group-row.js';

const LIMIT_DEFAULT = 50;
const statuses = ['open', 'muted', 'resolved', 'regressed'] as const;
const orders = ['last', 'first', 'count', 'impact'] as const;

export const command: Command = {
  details:
    'Errors with the same cause are one group, with an exact count; "mesh error explain" says what makes them the same. Shown are those that need somebody, which is the open and the regressed; -a shows all.',
  options: [
    { flags: '-a, --all', description: 'the muted and the resolved too' },
    { flags: '-n, --limit <count>', description: `that many groups; default ${LIMIT_DEFAULT}` },
    { flags: '--status <status>', description: 'only those that stand so', choices: statuses },
    { flags: '--severity <severity>', description: 'so bad or worse', choices: severities },
    { flags: '--component <name>', description: 'only of that component' },
    { flags: '--agent <name>', description: 'only of that agent' },
    { flags: '--on <machine>', description: 'only of that machine' },
    { flags: '--since <time>', description: 'heard of since: 10m, 2h, 2026-01-31T12:00' },
    { flags: '--sort <order>', description: 'what is first: last (default), first, count or impact', choices: orders },
  ],
  examples: [
    { line: 'mesh error ls', explains: 'what fails, latest first' },
    { line: 'mesh error ls --severity error --since 1h --sort count', explains: 'the worst of the last hour' },
    { line: 'mesh error ls --on pc2 -a -o wide', explains: 'all of one machine, with releases and impact' },
    { line: 'mesh error ls --json', explains: 'for a script' },
  ],
  async run(context, args) {
    const query = queryOf(args, nameOption(args, 'on') ?? context.flags.machine);
    const log = await (await context.access()).log();
    const { groups } = await log.request('log.errors', query);
    await context.output.list(groups.map(errorGroupRowOf), errorGroupForm(context.output.colors, systemClock.wallMs()));
  },
};

function queryOf(args: Arguments, machine: string | undefined): Input<'log.errors'> {
  const status = statuses.find((each) => each === args.text('status'));
  const severity = severities.find((each) => each === args.text('severity'));
  const order = orders.find((each) => each === args.text('sort'));
  const agent = nameOption(args, 'agent');
  const component = args.text('component');
  const since = args.text('since');
  const shown = status === undefined ? (['open', 'regressed'] as const) : [status];
  return {
    limit: args.count('limit', { min: 1, max: limits.logReadMax }) ?? LIMIT_DEFAULT,
    ...(args.flag('all') && status === undefined ? {} : { statuses: [...shown] }),
    ...(severity === undefined ? {} : { severity }),
    ...(order === undefined ? {} : { order }),
    ...(agent === undefined ? {} : { agent }),
    ...(machine === undefined ? {} : { machine }),
    ...(component === undefined ? {} : { component }),
    ...(since === undefined ? {} : { sinceMs: parseMoment(since, systemClock.wallMs()) }),
  };
}
