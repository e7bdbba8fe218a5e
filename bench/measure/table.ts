/** The results as a table in Markdown, so that it reads well in a terminal and in bench/README.md alike. */
import type { Row, RowResult } from './row.js';

const HEADS = ['row', 'work', 'ours', 'peer', 'unit', 'ratio', 'goal', 'holds', 'peer is'];

export function tableOf(rows: readonly Row[], results: readonly RowResult[]): string[] {
  const lines = results.map((result) => [
    result.row,
    rows.find(({ name }) => name === result.row)?.title ?? '',
    ...figuresOf(result),
  ]);
  const widths = HEADS.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [lineOf(HEADS), lineOf(widths.map((width) => '-'.repeat(width))), ...lines.map(lineOf)];
}

function figuresOf(result: RowResult): string[] {
  if (result.kind === 'skipped') {
    const { peerName, goal, missing } = result;
    return ['', '', '', '', `≥ ${goal}`, 'skipped', `${peerName} (${missing.join(' and ')} missing)`];
  }
  const { unit } = result;
  const holds = result.holds ? 'yes' : 'no';
  if (result.kind === 'bound') {
    const goal = `${result.better === 'more' ? '≥' : '≤'} ${shown(result.bound)} ${unit}`;
    return [shown(result.figure), '', unit, '', goal, holds, ''];
  }
  const { ours, peer, ratio, goal, peerName } = result;
  return [shown(ours), shown(peer), unit, ratio.toFixed(2), `≥ ${goal}`, holds, peerName];
}

const shown = (value: number): string => value.toLocaleString('en');
