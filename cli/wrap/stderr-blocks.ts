/**
 * Lines of standard error, folded into what belongs together: a stack trace is one thing that went wrong, not forty. Pure:
 * time is an argument, and whoever feeds it asks `close` when `closesAtMs` has come.
 *
 * A block ends when a line comes that does not continue it, when nothing comes for `limits.wrapQuietMs`, and at the latest
 * `limits.wrapQuantumMs` after it began. Of a long one the beginning is kept and the rest is counted; what it is about is
 * found all the same. Blank lines part and join nothing by themselves, and are not counted.
 */
import { limits } from '../../common/core/limits.js';
import { continues, formOf, type TraceForm } from './trace-form.js';

export interface StderrBlock {
  /** What it is about: the line that a reader would look for. */
  readonly message: string;
  /** From the first on, as many as are kept; the blank ones between them too. */
  readonly lines: readonly string[];
  /** All that are not blank, kept or not. */
  readonly lineCount: number;
  readonly isTrace: boolean;
}

interface OpenBlock {
  form: TraceForm;
  message: string;
  readonly lines: string[];
  lineCount: number;
  readonly openedMs: number;
  lastMs: number;
  /** Blank lines since the last one that belongs to it. */
  blankCount: number;
}

export class StderrBlocks {
  #open: OpenBlock | undefined;

  /** @returns the block that this line ended, if it did */
  take(line: string, nowMs: number): StderrBlock | undefined {
    const open = this.#open;
    if (line.trim() === '') {
      if (open !== undefined) open.blankCount++;
      return undefined;
    }
    if (open !== undefined && continues(open.form, line, open.blankCount)) {
      this.#add(open, line, nowMs);
      return undefined;
    }
    const ended = this.#end();
    this.#open = {
      form: formOf(line),
      message: line,
      lines: [line],
      lineCount: 1,
      openedMs: nowMs,
      lastMs: nowMs,
      blankCount: 0,
    };
    return ended;
  }

  /** When there is something to close, if nothing else comes. */
  get closesAtMs(): number | undefined {
    if (this.#open === undefined) return undefined;
    const { openedMs, lastMs } = this.#open;
    return Math.min(lastMs + limits.wrapQuietMs, openedMs + limits.wrapQuantumMs);
  }

  close(nowMs: number): StderrBlock | undefined {
    return nowMs >= (this.closesAtMs ?? Number.POSITIVE_INFINITY) ? this.#end() : undefined;
  }

  /** Nothing more will come. */
  end(): StderrBlock | undefined {
    return this.#end();
  }

  #add(open: OpenBlock, line: string, nowMs: number): void {
    open.lineCount++;
    open.lastMs = nowMs;
    const after = open.form.after(line);
    if (after.isMessage) open.message = open.form.joinsMessage ? `${open.message} ${line.trim()}` : line;
    open.form = after.form;
    const blank = Array.from({ length: Math.min(open.blankCount, BLANK_KEPT) }, () => '');
    open.blankCount = 0;
    if (open.lines.length + blank.length < limits.wrapBlockLinesMax) open.lines.push(...blank, line);
  }

  #end(): StderrBlock | undefined {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return undefined;
    const { message, lines, lineCount } = open;
    return { message: message.trim(), lines, lineCount, isTrace: lines.length > 1 };
  }
}

const BLANK_KEPT = 1;
