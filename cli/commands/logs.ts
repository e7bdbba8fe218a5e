import type { MachineConfig } from '../../common/config/fleet-config.js';
import { systemClock } from '../../common/core/clock.js';
import { errorTable, MeshError, messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { machinesWith, namesOn, parseAgentReference } from '../line/agent-reference.js';
import type { Arguments } from '../line/arguments.js';
import { parseMoment } from '../line/moment.js';
import { entryText, type LogEntry } from '../logs/log-entry.js';
import { mergedByTime } from '../logs/log-merge.js';
import { LogSource, type LogStart } from '../logs/log-source.js';

const LINES_MAX = limits.logLinesMax;
const LINES_DEFAULT = 100;
/** A pattern sees no more of a line: it is the reader's own, the lines are anybody's. */
const SEARCHED_CHARACTERS = 16 * 1_024;

export const command: Command = {
  details:
    'Without @MACHINE: of every machine that has the agent. `node` and `broker` name the parts of the mesh itself. Rotated and compressed files count as one with the current one. Several logs are shown as one, in the order of their times; while following, as they come. On a terminal our own JSON lines are shown as words.',
  operands: [{ syntax: '[agent[@machine]...]', description: 'whose output', completes: 'agent' }],
  options: [
    { flags: '-f, --follow', description: 'go on with new lines as they come' },
    {
      flags: '-n, --lines <count>',
      description: `the last lines of each, up to ${LINES_MAX}; default ${LINES_DEFAULT}, with --since or --grep all that can be`,
    },
    { flags: '--since <time>', description: 'not older than that: 90s, 10m, 2h, 1d ago, or a date and time' },
    { flags: '--grep <regex>', description: 'only lines that match' },
    { flags: '--all', description: 'of every agent, node and broker' },
    { flags: '--raw', description: 'lines as they were written, on a terminal too' },
  ],
  examples: [
    { line: 'mesh logs echo@pc2', explains: 'the last lines of one agent' },
    { line: 'mesh logs echo host-monitor -n 20', explains: 'of both machines, each line with its origin' },
    { line: 'mesh logs --all --since 10m --grep "warn|error"', explains: 'what went wrong anywhere just now' },
    { line: 'mesh logs node@main -f', explains: 'the daemon of main, as it writes', follows: true },
  ],
  async run(context, args) {
    const start = startOf(args);
    const shows = matcherOf(args.text('grep'));
    const sources = await sourcesOf(context, args);
    const originWidth = sources.length > 1 ? Math.max(...sources.map(({ origin }) => origin.length)) : 0;
    const isRaw = args.flag('raw') || !context.output.isTerminal;
    const print = async (entry: LogEntry) => {
      if (!shows(entry.line)) return;
      const style = { colors: context.output.colors, originWidth, isRaw };
      const { output } = context;
      if (isRaw && output.isHuman) output.asWritten(entryText(entry, style));
      else
        await output.item(
          entry,
          () => entryText(entry, style),
          ({ line }) => line,
        );
    };
    const startedMs = systemClock.wallMs();
    const failed = new Map<LogSource, unknown>();
    const logs = sources.map((source) => noting(source, start, failed));
    for await (const entry of mergedByTime(logs, () => undefined)) await print(entry);
    const failures = sources.flatMap((source) => (failed.has(source) ? [failed.get(source)] : []));
    // Of the one that was named first, whichever failed first.
    if (failures.length === sources.length) throw failures[0];
    // A machine that is away is away for each of its agents: once is enough.
    for (const message of new Set(failures.map(messageOf))) context.output.warn(message);
    if (!args.flag('follow')) return failures.length === 0 ? 0 : errorTable.DEGRADED.exitCode;
    await Promise.all(sources.map((source) => source.follow({ sinceMs: startedMs }, print)));
    return 0;
  },
};

async function* noting(source: LogSource, start: LogStart, failed: Map<LogSource, unknown>): AsyncGenerator<LogEntry> {
  try {
    yield* source.there(start);
  } catch (error) {
    failed.set(source, error);
    throw error;
  }
}

function startOf(args: Arguments): LogStart {
  const since = args.text('since');
  const sinceMs = since === undefined ? undefined : parseMoment(since, systemClock.wallMs());
  const last = args.count('lines', { max: LINES_MAX });
  if (sinceMs !== undefined) return { sinceMs, ...(last === undefined ? {} : { last }) };
  return { last: last ?? (args.text('grep') === undefined ? LINES_DEFAULT : LINES_MAX) };
}

/** @throws MeshError USAGE */
function matcherOf(pattern: string | undefined): (line: string) => boolean {
  if (pattern === undefined) return () => true;
  try {
    const expression = new RegExp(pattern);
    return (line) => expression.test(line.slice(0, SEARCHED_CHARACTERS));
  } catch (error) {
    throw new MeshError('USAGE', `--grep is no regular expression: ${messageOf(error)}`, {
      hint: 'put \\ before . ( [ { + * ? ^ $ | to mean the character itself',
    });
  }
}

/** In the order of the line; with --all in start order, machine by machine. */
async function sourcesOf(context: Context, args: Arguments): Promise<LogSource[]> {
  const references = args.list(0).map(parseAgentReference);
  const isAll = args.flag('all');
  if (isAll === references.length > 0) {
    const what = isAll ? '--all and names of agents contradict each other' : 'mesh logs needs AGENT';
    throw new MeshError('USAGE', what, { hint: 'name agents, as in "mesh logs echo@pc2", or give --all' });
  }
  const fleet = await context.running();
  const chosen: [MachineConfig, string][] = isAll
    ? (await context.machinesAsked()).flatMap((machine) => namesOn(machine).map((agent) => pair(machine, agent)))
    : references.flatMap(({ agent, machine = context.flags.machine }) =>
        machinesWith({ agent, machine }, fleet).map((found) => pair(found, agent)),
      );
  const access = await context.access();
  const { signal, output } = context;
  const sources = chosen.map(
    ([machine, agent]) => new LogSource({ access, machine, agent, signal, warn: (text) => output.warn(text) }),
  );
  return [...new Map(sources.map((source) => [source.origin, source])).values()];
}

const pair = (machine: MachineConfig, agent: string): [MachineConfig, string] => [machine, agent];
