import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Input } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import type { Arguments } from '../line/arguments.js';
import { parseMoment } from '../line/moment.js';
import { nameOption } from '../line/registry-filter.js';
import { recordLine, recordRowOf } from '../rows/record-row.js';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 1_000_000;

export const command: Command = {
  details: `Records of main's log, newest first by their arrival on main; times are those of their emitters. Quick however much the log holds; for anything else there is "mesh journal sql --log".`,
  operands: [{ syntax: '[stream]', description: 'only of that stream; default all' }],
  options: [
    { flags: '--since <time>', description: 'emitted then or later: 10m, 2h, 2026-01-31T12:00' },
    { flags: '--until <time>', description: 'emitted then or earlier' },
    { flags: '--agent <name>', description: 'only of that agent' },
    { flags: '--on <machine>', description: 'only of that machine' },
    { flags: '--trace <id>', description: 'only what belongs to the calls of that trace' },
    { flags: '-n, --limit <count>', description: `at most so many; default ${LIMIT_DEFAULT}` },
    { flags: '--oldest', description: 'oldest first' },
  ],
  examples: [
    { line: 'mesh stream find errors --since 1h', explains: 'what went wrong in the last hour' },
    { line: 'mesh stream find --agent echo --on pc2 -n 5 --json', explains: 'the last five of an agent, for a script' },
    {
      line: 'mesh stream find --trace 4bf92f3577b34da6a3ce929d0e0e4736',
      explains: 'all that the calls of one trace left behind',
    },
  ],
  async run(context, args) {
    const question = questionOf(args, context.flags.machine);
    const limit = args.count('limit', { min: 1, max: LIMIT_MAX }) ?? LIMIT_DEFAULT;
    const { output, signal } = context;
    const log = await (await context.access()).log();
    let foundCount = 0;
    for (let behindId: number | undefined; ; ) {
      const page = Math.min(limit - foundCount, limits.logReadMax);
      const where = behindId === undefined ? {} : { behindId };
      const { records, nextId } = await log.request('log.query', { ...question, ...where, limit: page }, { signal });
      for (const record of records) {
        await output.item(
          recordRowOf(record),
          (row) => recordLine(row, output.colors),
          ({ id }) => String(id),
        );
      }
      foundCount += records.length;
      if (nextId === undefined || foundCount >= limit) break;
      behindId = nextId;
    }
    if (foundCount === 0 && output.isHuman) output.note('no such record in the log');
  },
};

/** @throws USAGE */
function questionOf(args: Arguments, machine: string | undefined): Input<'log.query'> {
  const nowMs = systemClock.wallMs();
  const [since, until, trace] = [args.text('since'), args.text('until'), args.text('trace')];
  if (trace !== undefined && !/^[0-9a-f]{32}$/.test(trace)) {
    throw new MeshError('USAGE', `"${trace.slice(0, 100)}" is no trace`, { hint: 'a trace has 32 hexadecimal digits' });
  }
  const stream = args.optionalOperand(0);
  const agent = nameOption(args, 'agent');
  const on = nameOption(args, 'on') ?? machine;
  return {
    order: args.flag('oldest') ? 'oldest' : 'newest',
    ...(since === undefined ? {} : { sinceMs: parseMoment(since, nowMs) }),
    ...(until === undefined ? {} : { untilMs: parseMoment(until, nowMs) }),
    ...(stream === undefined ? {} : { stream }),
    ...(agent === undefined ? {} : { agent }),
    ...(on === undefined ? {} : { machine: on }),
    ...(trace === undefined ? {} : { trace }),
  };
}
