/** A moment as people write it for `--since`: so long ago, or a date. Pure. */
import { MeshError } from '../../common/core/errors.js';
import type { Arguments } from './arguments.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPAN = /^(\d{1,9})(ms|s|m|h|d)$/;

/** A time span of an option, `500ms`, `5s`, `1m`. @throws MeshError USAGE */
export function durationOption(args: Arguments, name: string, msMax: number): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (ms >= 1 && ms <= msMax) return ms;
  throw new MeshError('USAGE', `--${name} must be a time from 1ms to ${msMax / 1_000}s, not "${text.slice(0, 100)}"`, {
    hint: 'write 500ms, 5s or 1m',
  });
}

/** @returns milliseconds since the Unix epoch. @throws MeshError USAGE */
export function parseMoment(text: string, nowMs: number): number {
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, nowMs - Number(count) * (UNIT_MS[unit] ?? 0));
  // A date alone would be UTC and a date with a time local: both are read as the clock on the wall here.
  const isDate = /^\d{4}-\d\d-\d\d/.test(text);
  const wallMs = isDate
    ? Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN;
  if (!Number.isNaN(wallMs)) return Math.max(0, wallMs);
  throw new MeshError('USAGE', `"${text.slice(0, 100)}" is no time`, {
    hint: 'write how long ago (90s, 10m, 2h, 1d) or when (2026-01-31T12:00, with Z for UTC)',
  });
}
