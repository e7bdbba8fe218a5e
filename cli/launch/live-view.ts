/** What `mesh up` shows while the fleet runs: the picture of a moment as lines of text. Pure. */

import { type ProcessRow, processForm, stateText } from '../rows/process-row.js';
import { type ErrorRow, errorLine } from '../rows/record-row.js';
import type { Colors } from '../terminal/output.js';
import { clip, tableText } from '../terminal/table.js';
import type { Frame } from '../terminal/terminal-screen.js';

export interface LiveMachine {
  readonly name: string;
  /** Of its node, or `unreachable`. */
  readonly phase: string;
}

export interface LivePicture {
  readonly meshName: string;
  readonly machines: readonly LiveMachine[];
  readonly processes: readonly ProcessRow[];
  /** Latest last. */
  readonly errors: readonly ErrorRow[];
  /** What happened to nodes; latest last. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

const TRY_NEXT = [
  'mesh ps',
  `mesh call echo.say '{"text":"hi"}'`,
  `mesh sub 'host.*.metrics'`,
  'mesh error tail',
  'mesh registry ls',
];
const NOTES_SHOWN = 3;
const ERRORS_MIN = 3;

/** Never more lines than the frame has: errors give way first, then agents. */
export function liveText(picture: LivePicture, frame: Frame): string {
  const { colors } = frame;
  const { bold, dim, yellow } = colors;
  const head = [titleOf(picture, colors), ...picture.warnings.map((text) => `${yellow('warning:')} ${text}`), ''];
  const notes = picture.notes.slice(-NOTES_SHOWN).map((note) => dim(note));
  const tail = [
    '',
    `${bold('TRY NEXT')} ${dim('in a second terminal, in this folder')}`,
    ...TRY_NEXT.map((line) => `  ${line}`),
  ];
  const fixed = head.length + notes.length + tail.length + 2; // the blank line and the title above the errors
  const table = tableText(picture.processes, processForm(colors).columns.filter(isShort), frame.columns).split('\n');
  const agents = shorten(table, Math.max(2, frame.rows - fixed - ERRORS_MIN), dim);
  const room = Math.max(1, frame.rows - fixed - agents.length);
  const errors = picture.errors.slice(-room).map((row) => errorLine(row, colors));
  const errorLines = ['', bold('ERRORS'), ...(errors.length === 0 ? [dim('none')] : errors)];
  const lines = [...head, ...agents, ...errorLines, ...notes, ...tail].slice(0, frame.rows);
  return lines.map((line) => clip(line.replace(/\s*[\r\n]+\s*/g, ' '), frame.columns)).join('\n');
}

const isShort = ({ wide }: { readonly wide?: true }): boolean => wide !== true;

function titleOf({ meshName, machines, processes }: LivePicture, colors: Colors): string {
  const parts = machines.map(({ name, phase }) => {
    const own = processes.filter(({ machine }) => machine === name);
    const readyCount = own.filter(({ state }) => state === 'ready').length;
    return `${name} ${stateText(phase, colors)} ${readyCount}/${own.length}`;
  });
  return `${colors.bold(`mesh ${meshName}`)}  ${parts.join(' · ')}  ${colors.dim('Ctrl-C stops it')}`;
}

function shorten(lines: readonly string[], room: number, dim: Colors['dim']): string[] {
  if (lines.length <= room) return [...lines];
  return [...lines.slice(0, room - 1), dim(`… and ${lines.length - room + 1} more: mesh ps`)];
}

/** What is different, as one line per agent: for an output that scrolls. */
export function changesBetween(before: readonly ProcessRow[], after: readonly ProcessRow[]): ProcessRow[] {
  const known = new Map(before.map((row) => [row.instance, row]));
  return after.filter((row) => {
    const old = known.get(row.instance);
    return old === undefined || old.state !== row.state || old.pid !== row.pid || old.restarts !== row.restarts;
  });
}
