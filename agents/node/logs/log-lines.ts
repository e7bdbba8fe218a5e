/**
 * Lines of a log: a page from an offset on, the last ones, and where to begin for so many lines or for a time. A line is
 * whole when its end was written; across pieces it is one line. No step reads more than `limits.logChunkBytesMax`, and a
 * search lets other work of the process run between its steps.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { limits } from '../../../common/core/limits.js';
import type { LogChain } from './log-chain.js';
import { timeInLine } from './log-line-time.js';
import { offsetBefore, type TimeEntry, timeAt } from './log-times.js';

export interface LogPage {
  /** Of its first line: behind what was asked for when the bytes there are gone. */
  readonly startOffset: number;
  readonly nextOffset: number;
  readonly lines: string[];
  /** Where each line ends. */
  readonly ends: number[];
}

const NEWLINE = 0x0a;

/** Text without an end is left for the next time, unless it fills a page or nothing will ever follow it: then it is a line. */
export function pageAfter(chain: LogChain, offset: number): LogPage {
  const { bytes, startOffset, isCutOff } = gather(chain, offset);
  const lines: string[] = [];
  const ends: number[] = [];
  let at = 0;
  const take = (to: number, next: number): void => {
    lines.push(bytes.toString('utf8', at, to));
    ends.push(startOffset + next);
    at = next;
  };
  let end = bytes.indexOf(NEWLINE);
  for (; end !== -1 && lines.length < limits.logLinesMax; end = bytes.indexOf(NEWLINE, at)) take(end, end + 1);
  const isStuck = at === 0 && bytes.length >= limits.logChunkBytesMax;
  if (end === -1 && at < bytes.length && (isStuck || isCutOff)) take(bytes.length, bytes.length);
  return { startOffset, nextOffset: startOffset + at, lines, ends };
}

/** The last lines, as many as a page holds; an unfinished one is among them, because its process may be dead. */
export function lastLines(chain: LogChain, count: number): string[] {
  const parts: Buffer[] = [];
  let at = chain.end;
  let byteCount = 0;
  let newlineCount = 0;
  while (newlineCount <= count && byteCount < limits.logChunkBytesMax) {
    const { offset, bytes } = chain.readBefore(at, Math.min(STEP_BYTES, limits.logChunkBytesMax - byteCount));
    if (bytes.length === 0) break;
    parts.unshift(bytes);
    byteCount += bytes.length;
    newlineCount += newlinesIn(bytes);
    at = offset;
  }
  const lines = Buffer.concat(parts).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  // The first may have begun further back.
  return (at > chain.start ? lines.slice(1) : lines).slice(-count || lines.length);
}

/** Where the last `count` whole lines begin; within `limits.logScanBytesMax`. */
export async function startOfLast(chain: LogChain, count: number): Promise<number> {
  const { end } = chain;
  let missing = count + 1; // what ends the line before them
  for (let at = end; end - at < limits.logScanBytesMax; await turn()) {
    const { offset, bytes } = chain.readBefore(at, limits.logChunkBytesMax);
    if (bytes.length === 0) return chain.start;
    for (let from = bytes.length - 1; ; ) {
      const newline = from < 0 ? -1 : bytes.lastIndexOf(NEWLINE, from);
      if (newline === -1) break;
      if (--missing === 0) return offset + newline + 1;
      from = newline - 1;
    }
    at = offset;
  }
  return Math.max(chain.start, end - limits.logScanBytesMax);
}

/** Where the first line begins that is not older than `sinceMs`; the end of the whole lines when all are. */
export async function startOfTime(chain: LogChain, sinceMs: number, nowMs: number): Promise<number> {
  const entries = chain.times.entries();
  const older = chain.pieces.findLast(({ wallMs }) => wallMs + CUT_TIME_MS < sinceMs);
  const from = Math.max(chain.start, older?.end ?? 0, offsetBefore(entries, sinceMs));
  for (let at = from; at - from < limits.logScanBytesMax; await turn()) {
    const page = pageAfter(chain, at);
    const found = timesOf(page, entries, nowMs).findIndex((time) => time === null || time >= sinceMs);
    if (found !== -1) return page.ends[found - 1] ?? page.startOffset;
    if (page.lines.length === 0) return page.nextOffset;
    at = page.nextOffset;
  }
  return from;
}

/**
 * When each line was written: its own word for it, else when the log was seen to have grown that far – at the latest
 * when the line after it was written. Null where nobody knows.
 */
export function timesOf({ lines, ends }: LogPage, entries: readonly TimeEntry[], nowMs: number): (number | null)[] {
  const times: (number | null)[] = [];
  let next: number | undefined;
  const isKnown = entries.length > 0;
  for (let index = lines.length - 1; index >= 0; index--) {
    const own = timeInLine(lines[index] ?? '');
    const seen = timeAt(entries, ends[index] ?? 0) ?? (isKnown ? nowMs : undefined);
    const time = own ?? (seen !== undefined && next !== undefined ? Math.min(seen, next) : seen);
    times.push(time ?? null);
    next = time ?? next;
  }
  return times.reverse();
}

interface Gathered {
  readonly startOffset: number;
  readonly bytes: Buffer;
  /** The bytes behind these are gone. */
  readonly isCutOff: boolean;
}

function gather(chain: LogChain, offset: number): Gathered {
  const first = chain.read(offset, limits.logChunkBytesMax);
  const parts = [first.bytes];
  let byteCount = first.bytes.length;
  let isCutOff = false;
  while (byteCount > 0 && byteCount < limits.logChunkBytesMax) {
    const next = chain.read(first.offset + byteCount, limits.logChunkBytesMax - byteCount);
    isCutOff = next.offset > first.offset + byteCount;
    if (next.bytes.length === 0 || isCutOff) break;
    parts.push(next.bytes);
    byteCount += next.bytes.length;
  }
  return { startOffset: first.offset, bytes: parts.length === 1 ? first.bytes : Buffer.concat(parts), isCutOff };
}

function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

const STEP_BYTES = 16 * 1024;
/** The name of a piece tells the second of its cut. */
const CUT_TIME_MS = 1_000;
