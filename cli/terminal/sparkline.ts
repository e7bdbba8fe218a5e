/** A series as a line of blocks. Pure. */

const BLOCKS = '▁▂▃▄▅▆▇█';

/**
 * The newest value last; what does not fit is folded to peaks, and a gap stays blank.
 * @param floor the top of the scale when all values are below it, so that next to nothing looks like nothing
 */
export function sparkline(values: readonly (number | null)[], columns: number, floor: number): string {
  const points = foldToPeaks(values, columns);
  const top = Math.max(floor, ...points.map((value) => value ?? 0));
  return points.map((value) => (value === null ? ' ' : blockOf(value / top))).join('');
}

function blockOf(share: number): string {
  const index = Math.min(BLOCKS.length - 1, Math.max(0, Math.ceil(share * BLOCKS.length) - 1));
  return BLOCKS.charAt(index);
}

function foldToPeaks(values: readonly (number | null)[], columns: number): (number | null)[] {
  const perPoint = Math.max(1, Math.ceil(values.length / Math.max(1, columns)));
  const points: (number | null)[] = [];
  // From the newest back, so that only the oldest point may be of fewer values.
  for (let end = values.length; end > 0; end -= perPoint) {
    const known = values.slice(Math.max(0, end - perPoint), end).filter((value) => value !== null);
    points.push(known.length === 0 ? null : Math.max(...known));
  }
  return points.reverse();
}
