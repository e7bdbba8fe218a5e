/**
 * How many reports a program may bring forth, and what becomes of the others. Pure: time is an argument.
 *
 * F1  What is new is told as it comes, as long as the budget lasts: `limits.wrapReportsBurst` at once, then one in each
 *     `limits.wrapReportIntervalMs`.
 * F2  What was told and comes again is counted, and told again as a number every `limits.wrapFoldMs`.
 * F3  What is beyond the budget is counted, and told as one report of how much it was.
 * F4  Every line is counted exactly once: the `lines` of all reports together are the lines that were written.
 */
import { limits } from '../../common/core/limits.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { normalisedMessage } from '../../common/protocol/errors/normalised-message.js';
import type { StderrBlock } from './stderr-blocks.js';
import { blockReport, type ReportRules } from './stderr-report.js';

interface Told {
  readonly report: ErrorReportInput;
  readonly program: string;
  /** Since it was told last. */
  count: number;
  lines: number;
}

interface Overflow {
  blocks: number;
  lines: number;
  last: string;
}

const NOTHING: Overflow = { blocks: 0, lines: 0, last: '' };

export class ReportFold {
  readonly #told = new Map<string, Told>();
  #overflow: Overflow = { ...NOTHING };
  #budget: number = limits.wrapReportsBurst;
  #looks = 0;
  #filledMs: number | undefined;
  #foldsAtMs: number | undefined;
  /** The same line again and again is known without a closer look. */
  #lastMessage = '';
  #lastTold: Told | undefined;

  constructor(private readonly rules: ReportRules) {}

  /** @returns what is to be told now */
  take(block: StderrBlock, nowMs: number): ErrorReportInput | undefined {
    this.#refill(nowMs);
    this.#foldsAtMs ??= nowMs + limits.wrapFoldMs;
    const known = this.#find(block);
    if (known !== undefined) {
      known.count++;
      known.lines += block.lineCount;
      return undefined;
    }
    if (this.#budget >= 1 && this.#lastMessage === block.message) {
      this.#budget--;
      return this.#tell(block);
    }
    this.#overflow.blocks++;
    this.#overflow.lines += block.lineCount;
    this.#overflow.last = block.message;
    return undefined;
  }

  /** When something is to be told of what was counted, if nothing else comes. */
  get foldsAtMs(): number | undefined {
    return this.#foldsAtMs;
  }

  fold(nowMs: number): ErrorReportInput[] {
    return nowMs >= (this.#foldsAtMs ?? Number.POSITIVE_INFINITY) ? this.end() : [];
  }

  /** All that was counted and not told. */
  end(): ErrorReportInput[] {
    this.#foldsAtMs = undefined;
    const reports: ErrorReportInput[] = [];
    for (const [key, told] of this.#told) {
      // Not again since the last time: if it comes again it is new.
      const { report, program, count, lines } = told;
      if (count === 0) this.#told.delete(key);
      else reports.push({ ...report, context: { program, lines, repeated: count } });
      told.count = 0;
      told.lines = 0;
    }
    if (this.#overflow.blocks > 0) reports.push(overflowReport(this.#overflow, this.rules));
    this.#overflow = { ...NOTHING };
    this.#lastMessage = '';
    return reports;
  }

  /** One that was not looked at is not the last message afterwards. */
  #find(block: StderrBlock): Told | undefined {
    if (block.message === this.#lastMessage) return this.#lastTold;
    // A closer look costs microseconds: in a flood of lines that all differ it would slow the program down.
    if (this.#looks >= LOOKS_MAX) return undefined;
    this.#looks++;
    this.#lastMessage = block.message;
    this.#lastTold = this.#told.get(normalisedMessage(block.message));
    return this.#lastTold;
  }

  #tell(block: StderrBlock): ErrorReportInput {
    const report = blockReport(block, this.rules);
    if (this.#told.size < limits.wrapFoldKeysMax) {
      const told = { report, program: this.rules.program, count: 0, lines: 0 };
      this.#told.set(normalisedMessage(block.message), told);
      this.#lastMessage = block.message;
      this.#lastTold = told;
    }
    return report;
  }

  #refill(nowMs: number): void {
    const elapsedMs = nowMs - (this.#filledMs ?? nowMs);
    if (this.#filledMs !== undefined && elapsedMs < limits.wrapReportIntervalMs) return;
    this.#filledMs = nowMs;
    this.#looks = 0;
    this.#budget = Math.min(limits.wrapReportsBurst, this.#budget + elapsedMs / limits.wrapReportIntervalMs);
  }
}

const overflowReport = ({ blocks, lines, last }: Overflow, { program, severity }: ReportRules): ErrorReportInput => ({
  code: 'STDERR_FOLDED',
  message: `${program} wrote ${lines} more lines of errors than are told one by one`,
  severity,
  component: 'stderr',
  context: { program, lines, blocks, last },
});

/** Within one interval of the budget. */
const LOOKS_MAX = 500;
