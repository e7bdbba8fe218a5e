/** A span of time as people write it: a number and its unit, as in `500ms`, `90s`, `15m`, `12h` or `7d`. */
import { Type } from '../../protocol/type.js';

const factors: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const WrittenSpan = Type.String({
  pattern: '^[1-9][0-9]{0,5}(ms|s|m|h|d)$',
  description: 'a span as in 500ms, 90s, 15m or 12h',
});

/** The schema has vouched for the form. */
export function spanMs(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? [];
  return Number(number) * (factors[unit] ?? 1);
}
