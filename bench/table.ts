/** The results as a table in Markdown, so that it reads well in a terminal and in bench/README.md alike. */
import type { Row, RowResult } from './row.js';

const HEADS = ['row', 'work', 'ours', 'peer', 'unit', 'ratio', 'goal', 'holds', 'peer is'];

export function tableOf(rows: readonly Row[], results: readonly RowResult[]): string[] {
  const lines = results.map((result) => [
    result.row,
    rows.find(({ name }) => name === result.row)?.title ?? '',
    result.ours.toLocaleString('en'),
    result.peer.toLocaleString('en'),
    result.unit,
    result.ratio.toFixed(2),
    `≥ ${result.goal}`,
    result.holds ? 'yes' : 'no',
    result.peerName,
  ]);
  const widths = HEADS.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [lineOf(HEADS), lineOf(widths.map((width) => '-'.repeat(width))), ...lines.map(lineOf)];
}
