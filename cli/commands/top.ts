import { delay, systemClock } from '../../common/core/clock.js';
import { errorTable } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import type { FleetSight } from '../fleet/fleet-sight.js';
import { type TopControls, type TopSort, topSorts } from '../top/top-controls.js';
import { type TopPicture, topPicture } from '../top/top-picture.js';

export const command: Command = {
  details:
    'Processor and memory of an agent count its children; a sum counts agents, broker and node. A machine that does not answer stays in the table with the age of what is known. Keys: c, m, r, n sort by cpu, memory, restarts or name; / filters by name or state; arrows scroll; q quits. With --once, and where the output is no terminal, it prints one table; with --json one object a refresh.',
  options: [
    { flags: '--sort <by>', description: 'which rows come first; default cpu', choices: topSorts },
    { flags: '--filter <text>', description: 'only rows whose name or state holds this text' },
    { flags: '--once', description: 'print it once and end' },
  ],
  examples: [
    { line: 'mesh top', explains: 'the whole fleet, live', follows: true },
    { line: 'mesh top --once --sort memory', explains: 'who uses the memory, as text' },
    { line: 'mesh top --json --machine main', explains: 'one JSON object a second', follows: true },
  ],
  endsItself: true,
  async run(context, args) {
    const { output } = context;
    const sort = topSorts.find((one) => one === args.text('sort')) ?? DEFAULT_SORT;
    const controls: TopControls = { sort, filter: args.text('filter') ?? '', isTyping: false, offset: 0 };
    const { FleetSight } = await import('../fleet/fleet-sight.js');
    const sight = new FleetSight(await context.access(), await context.machinesAsked(), systemClock);
    const picture = topPicture(await sight.look());
    if (sight.failure !== undefined) throw sight.failure;
    if (args.flag('once') || (output.isHuman && !output.isTerminal)) return report(context, picture, controls);
    if (output.isHuman) return watch(context, sight, picture, controls);
    return follow(context, sight, picture);
  },
};

const DEFAULT_SORT: TopSort = 'cpu';

async function report({ output }: Context, picture: TopPicture, controls: TopControls): Promise<number> {
  const { topReport } = await import('../top/top-view.js');
  const { roomColumns: columns, colors } = output;
  if (output.isHuman) output.text(topReport(picture, controls, { columns: Math.min(columns, REPORT_COLUMNS), colors }));
  else await show(output, picture);
  return picture.machines.every(({ reachable }) => reachable) ? 0 : errorTable.DEGRADED.exitCode;
}

/** A file or a pipe has no width of its own; with this much the last hour is in it. */
const REPORT_COLUMNS = 132;

async function follow({ output, signal }: Context, sight: FleetSight, first: TopPicture): Promise<undefined> {
  for (let picture = first; !signal.aborted; picture = topPicture(await sight.look())) {
    await show(output, picture);
    await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
  }
}

function show(output: Context['output'], { machines, total, processes }: TopPicture): Promise<void> {
  const snapshot = { ts: new Date(systemClock.wallMs()).toISOString(), machines, total, agents: processes };
  return output.item(
    snapshot,
    () => '',
    ({ agents }) => agents.map(({ instance }) => instance).join('\n'),
  );
}

async function watch(
  context: Context,
  sight: FleetSight,
  first: TopPicture,
  controls: TopControls,
): Promise<undefined> {
  const { TopScreen } = await import('../top/top-screen.js');
  const screen = new TopScreen(context, first, controls);
  try {
    while (!screen.left.aborted) {
      await delay(limits.heartbeatIntervalMs, screen.left).catch(() => undefined);
      if (!screen.left.aborted) screen.show(topPicture(await sight.look()));
    }
  } finally {
    screen.close();
  }
}
