/** Durations, sizes and times as people read them in a column. Pure. */

/** `0s`, `42s`, `3m12s`, `2h5m`, `3d4h`: two units at most. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'm', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'm');
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;

/** `0.4 s`, `12 s`: how long something took. */
export const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`;

const SIZE_UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/** `0B`, `812B`, `1.5K`, `42M`: powers of 1024, two digits where they matter. */
export function sizeText(bytes: number): string {
  let size = Math.max(0, bytes);
  let unit = 0;
  while (size >= 1_023.5 && unit < SIZE_UNITS.length - 1) {
    size /= 1_024;
    unit++;
  }
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)}${SIZE_UNITS[unit] ?? ''}`;
}

/** `-`, `0.4%`, `12%`: a share of one processor; a decimal where it says something. */
export function percentText(percent: number | null): string {
  if (percent === null) return '-';
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** The last moment that a date can say: whoever reports may write any number. */
const DATE_MS_MAX = 8.64e15;

/** ISO 8601 in UTC. */
export const isoText = (wallMs: number): string =>
  new Date(Math.max(-DATE_MS_MAX, Math.min(wallMs, DATE_MS_MAX))).toISOString();

/** The same, or null for a time that has not come. */
export const isoTime = (wallMs: number): string | null => (wallMs > 0 ? isoText(wallMs) : null);

/** The time of day in this terminal's time zone, for lines that scroll by. */
export const clockText = (wallMs: number): string => {
  const time = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};

/** `1 agent`, `2 agents`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
