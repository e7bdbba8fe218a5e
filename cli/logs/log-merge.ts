/**
 * Several logs as one, in the order of their times: a step takes the earliest first line of all. The order within each
 * log is kept, whatever its times say; a line whose time nobody knows comes right after the one before it. No more than
 * a page of each log is held.
 */
import type { LogEntry } from './log-entry.js';

interface Lane {
  readonly entries: AsyncIterator<LogEntry>;
  next: LogEntry;
  /** Of `next`, or of the last line before it that had one. */
  time: string;
}

/** @throws what the logs throw, when none of the others is cut short by it: a log that fails ends, and `onFailure` hears why */
export async function* mergedByTime(
  logs: readonly AsyncIterable<LogEntry>[],
  onFailure: (error: unknown) => void,
): AsyncGenerator<LogEntry> {
  const opened = await Promise.all(logs.map((log) => firstOf(log[Symbol.asyncIterator](), onFailure)));
  const lanes = opened.filter((lane) => lane !== undefined);
  while (lanes.length > 0) {
    const earliest = lanes.reduce((first, lane) => (lane.time < first.time ? lane : first));
    yield earliest.next;
    if (!(await step(earliest, onFailure))) lanes.splice(lanes.indexOf(earliest), 1);
  }
}

async function firstOf(
  entries: AsyncIterator<LogEntry>,
  onFailure: (error: unknown) => void,
): Promise<Lane | undefined> {
  const next = await nextOf(entries, onFailure);
  return next === undefined ? undefined : { entries, next, time: next.ts ?? '' };
}

async function step(lane: Lane, onFailure: (error: unknown) => void): Promise<boolean> {
  const next = await nextOf(lane.entries, onFailure);
  if (next === undefined) return false;
  lane.next = next;
  if (next.ts !== null && next.ts > lane.time) lane.time = next.ts;
  return true;
}

async function nextOf(
  entries: AsyncIterator<LogEntry>,
  onFailure: (error: unknown) => void,
): Promise<LogEntry | undefined> {
  try {
    const { value, done } = await entries.next();
    return done === true ? undefined : value;
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}
