import { systemClock } from '../../common/core/clock.js';
import { errorTable } from '../../common/core/errors.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import type { MachineAnswer } from '../fleet/fleet-access.js';
import { stateText } from '../rows/process-row.js';
import type { Colors } from '../terminal/output.js';
import { ageText, isoTime } from '../terminal/quantity.js';

/** A link that is down, a problem, a warning: whatever keeps a machine from being simply ready. */
interface MachineStatus {
  readonly machine: string;
  readonly role: string;
  readonly reachable: boolean;
  readonly phase: string;
  readonly readyCount: number;
  readonly agentCount: number;
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly uptimeMs: number;
  readonly links: Readonly<
    Record<string, { readonly up: boolean; readonly since: string | null; readonly detail: string }>
  >;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export const command: Command = {
  details: 'Exit code 0 when every machine is ready, 7 when one is not, 4 when none answers.',
  examples: [
    { line: 'mesh status', explains: 'every machine, its links, and what is wrong' },
    { line: 'mesh status --json', explains: 'for a probe' },
  ],
  async run(context) {
    const access = await context.access();
    const answers = await access.askEach(await context.machinesAsked(), 'node.status', {});
    const nowMs = systemClock.wallMs();
    const rows = answers.map((answer) => statusOf(answer, nowMs));
    const { output } = context;
    if (output.isHuman) output.text(rows.map((row) => statusText(row, output.colors, nowMs)).join('\n\n'));
    else await output.list(rows, { columns: [], name: ({ machine }) => machine, empty: '' });
    if (rows.every(({ phase }) => phase === 'ready')) return 0;
    return rows.some(({ reachable }) => reachable) ? errorTable.DEGRADED.exitCode : errorTable.UNREACHABLE.exitCode;
  },
};

function statusOf(answer: MachineAnswer<Answer<'node.status'>>, nowMs: number): MachineStatus {
  const { name, role } = answer.machine;
  if ('error' in answer) {
    const { message, hint } = answer.error;
    const problems = [hint === undefined ? message : `${message}; ${hint}`];
    const nothing = { pid: null, startedAt: null, uptimeMs: 0, readyCount: 0, links: {}, warnings: [] };
    return { machine: name, role, reachable: false, phase: 'unreachable', ...nothing, agentCount: 0, problems };
  }
  const { phase, readyCount, agentCount, pid, startedMs, problems, warnings } = answer.body;
  const links = Object.fromEntries(
    Object.entries(answer.body.links).map(([link, { up, sinceMs, detail }]) => [
      link,
      { up, since: isoTime(sinceMs), detail },
    ]),
  );
  return {
    machine: name,
    role,
    reachable: true,
    phase,
    readyCount,
    agentCount,
    pid,
    startedAt: isoTime(startedMs),
    uptimeMs: Math.max(0, Math.round(nowMs - startedMs)),
    links,
    problems,
    warnings,
  };
}

function statusText(row: MachineStatus, colors: Colors, nowMs: number): string {
  const { bold, red, yellow } = colors;
  const head = `${bold(row.machine)} (${row.role}): ${stateText(row.phase, colors)}`;
  if (!row.reachable) return [head, ...row.problems.map((problem) => `  ${red('problem:')} ${problem}`)].join('\n');
  const links = Object.entries(row.links).map(([name, { up, since, detail }]) => {
    const age = since === null ? '' : ` for ${ageText(nowMs - Date.parse(since))}`;
    return `  link to ${name}: ${up ? stateText('up', colors) : red('down')}${age}${detail === '' ? '' : `, ${detail}`}`;
  });
  return [
    `${head}, ${row.readyCount} of ${row.agentCount} agents ready, node ${row.pid ?? '-'} for ${ageText(row.uptimeMs)}`,
    ...links,
    ...row.problems.map((problem) => `  ${red('problem:')} ${problem}`),
    ...row.warnings.map((warning) => `  ${yellow('warning:')} ${warning}`),
  ].join('\n');
}
