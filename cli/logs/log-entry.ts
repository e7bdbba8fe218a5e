/**
 * A line of some agent's output, and how a person reads it: on a terminal our own JSON lines as words, each line with its
 * origin when there is more than one. Pure.
 */

import type { Colors } from '../terminal/output.js';
import { clockText } from '../terminal/quantity.js';

export interface LogEntry {
  readonly machine: string;
  readonly agent: string;
  /** When it was written, ISO 8601; null where nobody knows. */
  readonly ts: string | null;
  readonly line: string;
}

export interface LogStyle {
  readonly colors: Colors;
  /** Columns of the longest origin; 0 when there is only one and it is not shown. */
  readonly originWidth: number;
  /** As it was written. */
  readonly isRaw: boolean;
}

export const originOf = ({ agent, machine }: Pick<LogEntry, 'agent' | 'machine'>): string => `${agent}@${machine}`;

export function entryText(entry: LogEntry, style: LogStyle): string {
  const { colors, originWidth, isRaw } = style;
  const text = isRaw ? entry.line : (wordsOf(entry.line, colors) ?? entry.line);
  if (originWidth === 0) return text;
  const origin = originOf(entry);
  const before = `${colorOf(origin, colors)(origin.padEnd(originWidth))} | `;
  return text
    .split('\n')
    .map((line) => before + line)
    .join('\n');
}

/** Said by every line of our logs, and known by its origin. */
const LEFT_OUT = new Set(['level', 'time', 'agent', 'machine', 'epoch', 'pid', 'msg', 'err', 'v', 'hostname', 'name']);
/** The numbers that pino gives its levels. */
const LEVELS = new Map(
  [10, 20, 30, 40, 50, 60].map((n, i) => [n, ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][i] ?? '']),
);

/** `13:18:44 WARN what happened key=value`, and the stack of an error below it; undefined for any other line. */
function wordsOf(line: string, colors: Colors): string | undefined {
  const entry = objectIn(line);
  const { level, time, msg, err } = entry ?? {};
  if (entry === undefined || level === undefined || (msg !== undefined && typeof msg !== 'string')) return undefined;
  const wallMs = typeof time === 'number' ? time : Date.parse(String(time));
  const facts = Object.entries(entry)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => colors.dim(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`));
  const clock = Number.isNaN(wallMs) ? [] : [colors.dim(clockText(wallMs))];
  const head = [...clock, levelText(level, colors), ...(msg === undefined ? [] : [msg]), ...facts].join(' ');
  return [head, ...stackOf(err).map((part) => `  ${part}`)].join('\n');
}

function levelText(level: unknown, colors: Colors): string {
  const name = typeof level === 'number' ? LEVELS.get(level) : String(level).toUpperCase();
  const text = (name ?? String(level)).padEnd(5);
  if (name === 'ERROR' || name === 'FATAL') return colors.red(text);
  return name === 'WARN' ? colors.yellow(text) : colors.green(text);
}

function stackOf(err: unknown): string[] {
  if (typeof err !== 'object' || err === null) return err === undefined ? [] : [String(err)];
  if ('stack' in err && typeof err.stack === 'string') return err.stack.split('\n');
  return 'message' in err ? [String(err.message)] : [JSON.stringify(err)];
}

function objectIn(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined; // only looks like it, or was cut
  }
}

/** The same origin has the same color at every call. */
function colorOf(origin: string, colors: Colors): (text: string) => string {
  const choice = [colors.cyan, colors.yellow, colors.green, colors.magenta, colors.blue];
  let sum = 0;
  for (const character of origin) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return choice[sum % choice.length] ?? colors.cyan;
}
