/** The help that lists commands: of everything, or of one group. */
import type { IndexedCommand } from './command/command.js';
import { globalRows, section } from './command/command-line.js';
import { commandIndex, groupSummaries } from './command-index.js';

export function rootHelp(): string {
  return [
    'mesh: agents on several machines, and every failure of theirs in one place',
    '',
    'Examples:',
    '  mesh init                             # write the sample fleet into this folder',
    '  mesh up --all                         # start it, and watch',
    '  mesh ps                               # in a second terminal: what runs where',
    `  mesh call echo.say '{"text":"hi"}'    # ask an agent`,
    '  mesh error tail                       # failures of all machines as they come',
    '',
    'Usage: mesh COMMAND [options]',
    ...section('Commands', rowsOf(commandIndex)),
    ...section('Options of every command', [...globalRows, ['-V, --version', 'the version']]),
    '',
    'Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 unreachable, 5 denied, 6 conflict, 7 degraded,',
    '            124 timed out, 130 interrupted',
    '',
    'Run "mesh COMMAND --help" for examples and options of a command.',
  ].join('\n');
}

export function groupHelp(group: string): string {
  return [
    `mesh ${group}: ${groupSummaries[group] ?? groupSummaries[group.split(' ')[0] ?? ''] ?? ''}`,
    ...section('Commands', rowsOf(commandIndex.filter(({ path }) => path.startsWith(`${group} `)))),
    '',
    `Run "mesh ${group} COMMAND --help" for examples and options of a command.`,
  ].join('\n');
}

const rowsOf = (commands: readonly IndexedCommand[]): [string, string][] =>
  commands.map(({ path, summary }) => [path, summary]);
