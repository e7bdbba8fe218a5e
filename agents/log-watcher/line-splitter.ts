/**
 * Bytes to lines, one at a time. Pure. A line ends with its newline: without one it waits, unless nothing more will come.
 * A line over `LINE_BYTES_MAX` is cut there, and the rest of it is passed over up to its newline, in later chunks too.
 * Bytes that are no UTF-8 become replacement characters; a carriage return before the newline is no part of the line.
 */
export const LINE_BYTES_MAX = 64 * 1_024;

/** Where reading goes on: an offset in the file, and whether the rest of a cut line is still to be passed over. */
export interface LineCursor {
  readonly offset: number;
  readonly isSkipping: boolean;
}

export type LineStep =
  | { readonly kind: 'line'; readonly line: Line; readonly next: LineCursor }
  | { readonly kind: 'skipped'; readonly next: LineCursor }
  /** Not a whole line is left in these bytes. */
  | { readonly kind: 'wait' };

export interface Line {
  readonly offset: number;
  readonly text: string;
  readonly isCut: boolean;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const WAIT: LineStep = { kind: 'wait' };

/**
 * @param bytes what stands in the file from `start` on
 * @param isFinal nothing will ever be written behind these bytes: what has no newline is a line too
 */
export function nextLine(bytes: Buffer, start: number, cursor: LineCursor, isFinal = false): LineStep {
  const from = cursor.offset - start;
  if (from >= bytes.length) return WAIT;
  const newline = bytes.indexOf(NEWLINE, from);
  const after = newline === -1 ? bytes.length : newline + 1;
  const done = { offset: start + after, isSkipping: false };
  if (cursor.isSkipping) return { kind: 'skipped', next: { ...done, isSkipping: newline === -1 } };
  const end = newline === -1 ? bytes.length : newline;
  if (end - from > LINE_BYTES_MAX) {
    const line = lineOf(bytes, from, from + LINE_BYTES_MAX, cursor.offset, true);
    return { kind: 'line', line, next: { ...done, isSkipping: newline === -1 } };
  }
  if (newline === -1 && !isFinal) return WAIT;
  const isDosLine = newline > from && bytes[newline - 1] === CARRIAGE_RETURN;
  return { kind: 'line', line: lineOf(bytes, from, isDosLine ? end - 1 : end, cursor.offset, false), next: done };
}

const lineOf = (bytes: Buffer, from: number, to: number, offset: number, isCut: boolean): Line => ({
  offset,
  text: bytes.toString('utf8', from, to),
  isCut,
});
