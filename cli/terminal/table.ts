/**
 * Rows as a borderless table with upper-case heads: the only importer of cli-table3. Columns that do not fit the terminal
 * are left out from the least important on; text that still does not fit is left to the terminal, so that nothing that
 * somebody may want to copy is cut.
 */
import Table from 'cli-table3';

export interface Column<Row> {
  readonly head: string;
  readonly value: (row: Row) => string;
  /** Only in `-o wide`. */
  readonly wide?: true;
  /** Left out when the terminal is too narrow, the last such column first. */
  readonly optional?: true;
}

const GAP = 2;
/** Escape sequences of colours: they take no room. */
const ESCAPE = String.fromCharCode(27);
const ESCAPES = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g');
export const widthOf = (text: string): number => text.replace(ESCAPES, '').length;

/** At most `columns` characters of one line; colours stay whole and are ended. */
export function clip(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let room = Math.max(0, columns - 1);
  let clipped = '';
  for (const part of line.split(new RegExp(`(${ESCAPES.source})`))) {
    if (part.startsWith(ESCAPE)) clipped += part;
    else {
      clipped += part.slice(0, room);
      room = Math.max(0, room - part.length);
    }
  }
  return `${clipped}…`;
}

export function tableText<Row>(rows: readonly Row[], columns: readonly Column<Row>[], roomColumns: number): string {
  const fitting = columnsThatFit(rows, columns, roomColumns);
  const table = new Table({
    head: fitting.map(({ head }) => head.toUpperCase()),
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  });
  for (const row of rows) table.push(fitting.map(({ value }) => oneLine(value(row))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function columnsThatFit<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  roomColumns: number,
): readonly Column<Row>[] {
  let kept = [...columns];
  const widths = new Map(
    columns.map((column) => [
      column,
      Math.max(widthOf(column.head), ...rows.map((row) => widthOf(oneLine(column.value(row))))),
    ]),
  );
  const total = () => kept.reduce((sum, column) => sum + (widths.get(column) ?? 0) + GAP, -GAP);
  while (total() > roomColumns) {
    const victim = kept.findLast(({ optional }) => optional === true);
    if (victim === undefined) break;
    kept = kept.filter((column) => column !== victim);
  }
  return kept;
}

/** A table has one line per row, whatever an error message holds. */
const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ⏎ ');

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
