/**
 * When the bytes of a log were written: a list of (offset, time) that the looks at its size make, "at that time it ended
 * there", so that a line without a time of its own is known to about a second. A full list forgets every second entry of
 * its older half: recent times stay exact, old ones become coarse.
 *
 * Its first line is what else must outlive the node: which log this is, where the current file begins, and since when.
 * Kept in a file that is only a help: when it is damaged or cannot be written, times are missing and nothing else.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { limits } from '../../../common/core/limits.js';
import { partOf } from './log-name.js';

export interface LogHeader {
  /** Names the log itself: another one is under the same path when somebody deleted it. */
  readonly id: string;
  /** Offset of the first byte of the current file. */
  readonly base: number;
  /** Since when there is something in the current file; 0 when it is empty. */
  readonly bornMs: number;
}

export interface TimeEntry {
  readonly offset: number;
  readonly wallMs: number;
}

/** A busy log gets an entry for so many bytes, which keeps the list small beside the log; a quiet one for every line. */
const ENTRY_BYTES_MIN = 256;
const ENTRY_INTERVAL_MS_MAX = 10_000;
/** Entries that wait in memory to be written together; as many as are lost when the node is killed. */
const PENDING_MAX = 8;

export class LogTimes {
  header: LogHeader;
  #last: TimeEntry = { offset: 0, wallMs: 0 };
  #storedCount = 0;
  #pending: TimeEntry[] = [];

  /** @param minted the header of a log that has none yet */
  constructor(
    private readonly path: string,
    minted: LogHeader,
  ) {
    const { header, entries } = this.#read();
    this.header = header ?? minted;
    this.#storedCount = entries.length;
    this.#last = entries.at(-1) ?? this.#last;
    if (header === undefined) this.rewrite(this.header);
  }

  /** How far it was known when it was last looked at. */
  get lastOffset(): number {
    return Math.max(this.#last.offset, this.header.base);
  }

  /** At `wallMs` the log ended at `offset`. */
  note(offset: number, wallMs: number): void {
    const { offset: lastOffset, wallMs: lastMs } = this.#last;
    if (offset <= lastOffset) return;
    if (offset - lastOffset < ENTRY_BYTES_MIN && wallMs - lastMs < ENTRY_INTERVAL_MS_MAX) return;
    // A clock that was set back must not undo the order.
    this.#last = { offset, wallMs: Math.max(wallMs, lastMs) };
    this.#pending.push(this.#last);
    if (this.#pending.length >= PENDING_MAX) this.flush();
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    if (this.#storedCount + this.#pending.length > limits.logTimesMax) return this.rewrite(this.header);
    try {
      appendFileSync(this.path, this.#pending.map(entryText).join(''));
      this.#storedCount += this.#pending.length;
      this.#pending = [];
    } catch {
      // Only times: the next look tries again, with no more than it would write together.
      this.#pending = this.#pending.slice(-PENDING_MAX);
    }
  }

  /** @param startOffset what is before it is gone, and so are its times */
  rewrite(header: LogHeader, startOffset = 0): void {
    this.header = header;
    const kept = thinned(this.entries().filter(({ offset }) => offset >= startOffset));
    try {
      writeFileSync(partOf(this.path), headerText(header) + kept.map(entryText).join(''), { mode: 0o640 });
      renameSync(partOf(this.path), this.path);
      this.#storedCount = kept.length;
      this.#pending = [];
    } catch {
      // as above
    }
  }

  /** In order of offset and time. */
  entries(): TimeEntry[] {
    return [...this.#read().entries, ...this.#pending];
  }

  #read(): { header: LogHeader | undefined; entries: TimeEntry[] } {
    let text = '';
    try {
      text = readFileSync(this.path, 'utf8');
    } catch {
      // none yet
    }
    const [first = '', ...rest] = text.split('\n');
    return { header: parseHeader(first), entries: parseEntries(rest) };
  }
}

const headerText = ({ id, base, bornMs }: LogHeader): string => `${id} ${base} ${bornMs}\n`;
const entryText = ({ offset, wallMs }: TimeEntry): string => `${offset} ${Math.floor(wallMs)}\n`;

function parseHeader(line: string): LogHeader | undefined {
  const [, id, base, bornMs] = /^([0-9a-z]{8,32}) (\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
  return id === undefined ? undefined : { id, base: Number(base), bornMs: Number(bornMs) };
}

/** A last line that is torn, and what does not grow as it must, is left out. */
function parseEntries(lines: readonly string[]): TimeEntry[] {
  const entries: TimeEntry[] = [];
  let last: TimeEntry = { offset: -1, wallMs: 0 };
  for (const line of lines.slice(0, -1)) {
    const [, offset, wallMs] = /^(\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
    const entry = { offset: Number(offset), wallMs: Number(wallMs) };
    if (!(entry.offset > last.offset && entry.wallMs >= last.wallMs)) continue;
    entries.push(entry);
    last = entry;
  }
  return entries;
}

function thinned(entries: readonly TimeEntry[]): readonly TimeEntry[] {
  if (entries.length <= limits.logTimesMax) return entries;
  const half = entries.length >> 1;
  return entries.filter((_, index) => index >= half || index % 2 === 0);
}

/** When the log first ended at or after `offset`; undefined when nobody has looked since. Entries in order. */
export function timeAt(entries: readonly TimeEntry[], offset: number): number | undefined {
  return entries[firstIndex(entries, (entry) => entry.offset >= offset)]?.wallMs;
}

/** An offset before which every byte is older than `wallMs`: the last that was noted so. */
export function offsetBefore(entries: readonly TimeEntry[], wallMs: number): number {
  return entries[firstIndex(entries, (entry) => entry.wallMs >= wallMs) - 1]?.offset ?? 0;
}

function firstIndex(entries: readonly TimeEntry[], holds: (entry: TimeEntry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && holds(entry)) high = middle;
    else low = middle + 1;
  }
  return low;
}
