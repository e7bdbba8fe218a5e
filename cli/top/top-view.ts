/** `mesh top` as text: the sums of every machine, and below them as many processes as there is room for. Pure. */

import type { Hour } from '../fleet/fleet-sight.js';
import { stateText } from '../rows/process-row.js';
import type { Colors } from '../terminal/output.js';
import { ageText, counted, percentText, sizeText } from '../terminal/quantity.js';
import { sparkline } from '../terminal/sparkline.js';
import { type Column, clip, tableText, widthOf } from '../terminal/table.js';
import type { Frame } from '../terminal/terminal-screen.js';
import { arranged, shownState, type TopControls } from './top-controls.js';
import type { MachineSums, Sums, TopPicture, TopProcess } from './top-picture.js';

const KEYS = 'c cpu  m memory  r restarts  n name  / filter  ↑↓ scroll  q quit';
/** A sparkline that is shorter says nothing. */
const SPARK_COLUMNS_MIN = 8;
const SPARK_COLUMNS_MAX = 60;
/** Scales of the lines: below them, next to nothing looks like nothing. */
const SPARK_FLOORS = { cpuPercent: 5, rssBytes: 16 * 1_048_576 };
const GAP = 2;

/** Never more lines than the frame has. */
export function topText(picture: TopPicture, controls: TopControls, frame: Frame): string {
  const { colors, columns, rows } = frame;
  const head = machineLines(picture, frame);
  const below = [controlsLine(controls, colors)];
  const [title = '', ...lines] = processLines(picture, controls, frame);
  const room = Math.max(1, rows - head.length - below.length - 2); // the blank line and the title of the table
  const offset = Math.min(controls.offset, Math.max(0, lines.length - room));
  const shown = lines.slice(offset, offset + room);
  const belowCount = lines.length - offset - shown.length;
  if (belowCount > 0 && shown.length > 1) {
    shown.splice(-1, 1, colors.dim(`… ${counted(belowCount + 1, 'more row')}`));
  }
  return [...head, '', title, ...shown, ...below]
    .slice(0, rows)
    .map((line) => clip(line, columns))
    .join('\n');
}

/** The same for an output that does not move: everything, with no keys. */
export function topReport(
  picture: TopPicture,
  controls: TopControls,
  frame: Pick<Frame, 'columns' | 'colors'>,
): string {
  return [...machineLines(picture, frame), '', ...processLines(picture, controls, frame)].join('\n');
}

interface SumsRow extends Sums {
  readonly name: string;
  readonly state: string;
  readonly nodeText: string;
}

const sumsColumns = (colors: Colors): Column<SumsRow>[] => [
  { head: 'machine', value: ({ name }) => (name === TOTAL ? colors.bold(name) : name) },
  { head: 'state', value: ({ state }) => (state === '' ? '-' : stateText(state, colors)) },
  { head: 'ready', value: ({ readyCount, agentCount }) => `${readyCount}/${agentCount}` },
  { head: 'cpu', value: ({ cpuPercent }) => percentText(cpuPercent) },
  { head: 'memory', value: ({ rssBytes }) => (rssBytes > 0 ? sizeText(rssBytes) : '-') },
  { head: 'files', value: ({ openFiles }) => String(openFiles ?? '-'), optional: true },
  { head: 'restarts', value: ({ restarts }) => String(restarts) },
  { head: 'node', value: ({ nodeText }) => nodeText, optional: true },
];

const TOTAL = 'total';

function machineLines(
  { machines, total }: TopPicture,
  { columns, colors }: Pick<Frame, 'columns' | 'colors'>,
): string[] {
  const rows = machines.map((sums): SumsRow => {
    const { cpuPercent, rssBytes } = sums.node;
    const nodeText = rssBytes === null ? '-' : `${percentText(cpuPercent)} ${sizeText(rssBytes)}`;
    return { ...sums, name: sums.machine, state: sums.reachable ? 'up' : 'unreachable', nodeText };
  });
  if (rows.length > 1) rows.push({ ...total, name: TOTAL, state: '', nodeText: '' });
  const silences = machines.filter(({ reachable }) => !reachable).map((sums) => silenceLine(sums, colors));
  return [...tableText(rows, sumsColumns(colors), columns).split('\n'), ...silences];
}

function silenceLine({ machine, ageMs, problem }: MachineSums, { red }: Colors): string {
  const age = ageMs === null ? 'nothing was ever heard of it' : `last heard of ${ageText(ageMs)} ago`;
  return `${red(machine)}: ${age}; ${problem}`;
}

const processColumns = (colors: Colors): Column<TopProcess>[] => [
  { head: 'agent', value: ({ agent }) => agent },
  { head: 'machine', value: ({ machine }) => machine },
  { head: 'state', value: (row) => stateText(shownState(row), colors) },
  { head: 'cpu', value: ({ cpuPercent }) => percentText(cpuPercent) },
  { head: 'memory', value: ({ rssBytes }) => (rssBytes > 0 ? sizeText(rssBytes) : '-') },
  { head: 'restarts', value: ({ restarts }) => String(restarts) },
  { head: 'files', value: ({ openFiles }) => String(openFiles ?? '-'), optional: true },
  { head: 'age', value: ({ pid, uptimeMs }) => (pid === null ? '-' : ageText(uptimeMs)), optional: true },
  { head: 'lag', value: ({ loopLagMs }) => `${Math.round(loopLagMs)}ms`, optional: true },
  { head: 'pid', value: ({ pid }) => String(pid ?? '-'), optional: true },
];

/** The title of the table, then a line per process. */
function processLines(
  { processes, hours }: TopPicture,
  controls: TopControls,
  { columns, colors }: Pick<Frame, 'columns' | 'colors'>,
): string[] {
  const rows = arranged(processes, controls);
  if (rows.length === 0)
    return ['', colors.dim(controls.filter === '' ? 'nothing runs' : 'no agent matches the filter')];
  const lines = tableText(rows, processColumns(colors), columns).split('\n');
  const width = Math.max(...lines.map(widthOf)) + GAP;
  const sparkColumns = Math.min(SPARK_COLUMNS_MAX, columns - width);
  if (sparkColumns < SPARK_COLUMNS_MIN) return lines;
  const figure: keyof Hour = controls.sort === 'memory' ? 'rssBytes' : 'cpuPercent';
  const sparks = rows.map(({ instance }) =>
    sparkline(hours.get(instance)?.[figure] ?? [], sparkColumns, SPARK_FLOORS[figure]),
  );
  const title = clip(figure === 'rssBytes' ? 'MEMORY, LAST HOUR' : 'CPU, LAST HOUR', sparkColumns);
  return lines.map((line, index) => {
    const spark = index === 0 ? title : (sparks[index - 1] ?? '');
    return spark === '' ? line : `${line}${' '.repeat(width - widthOf(line))}${spark}`;
  });
}

function controlsLine({ sort, filter, isTyping }: TopControls, { dim, bold }: Colors): string {
  if (isTyping) return `${bold('filter:')} ${filter}▏ ${dim('Enter keeps it, Esc drops it')}`;
  const now = filter === '' ? `by ${sort}` : `by ${sort} · filter: ${filter}`;
  return `${now}  ${dim(KEYS)}`;
}
