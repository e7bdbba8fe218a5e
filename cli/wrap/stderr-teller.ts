/**
 * From the bytes of a program's standard error to reports, while it runs: lines, blocks, the fold, the outbox. It owns the
 * timers between them. Its cost is bounded whatever the program writes: a long line is looked at in part, a flood is counted.
 */
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { ReportFold } from './report-fold.js';
import { StderrBlocks } from './stderr-blocks.js';
import type { ReportRules } from './stderr-report.js';

export interface StderrTellerOptions extends ReportRules {
  readonly clock: Clock;
  readonly tell: (report: ErrorReportInput) => void;
}

export class StderrTeller {
  readonly #blocks = new StderrBlocks();
  readonly #fold: ReportFold;
  readonly #decoder = new StringDecoder('utf8');
  readonly #lastLines: string[] = [];
  /** The line that has no end yet, as far as it is looked at. */
  #begun = '';
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(private readonly options: StderrTellerOptions) {
    this.#fold = new ReportFold(options);
  }

  take(chunk: Buffer): void {
    const lines = this.#decoder.write(chunk).split('\n');
    const last = lines.pop() ?? '';
    const nowMs = this.options.clock.monotonicMs();
    for (const line of lines) {
      this.#takeLine(this.#begun + line, nowMs);
      this.#begun = '';
    }
    this.#begun = (this.#begun + last).slice(0, limits.wrapLineMax);
    this.#wakeInTime();
  }

  /** Nothing more will come: everything that was counted is told. */
  end(): void {
    clearTimeout(this.#timer);
    const nowMs = this.options.clock.monotonicMs();
    if (this.#begun !== '') this.#takeLine(this.#begun, nowMs);
    this.#takeBlock(this.#blocks.end(), nowMs);
    for (const report of this.#fold.end()) this.options.tell(report);
  }

  /** The last lines that were not blank. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  #takeLine(raw: string, nowMs: number): void {
    const line = textOf(raw);
    if (line !== '') this.#lastLines.push(line);
    if (this.#lastLines.length > limits.lastLogLines) this.#lastLines.shift();
    this.#takeBlock(this.#blocks.take(line, nowMs), nowMs);
  }

  #takeBlock(block: ReturnType<StderrBlocks['end']>, nowMs: number): void {
    if (block === undefined) return;
    const report = this.#fold.take(block, nowMs);
    if (report !== undefined) this.options.tell(report);
  }

  #onTime(): void {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = this.options.clock.monotonicMs();
    this.#takeBlock(this.#blocks.close(nowMs), nowMs);
    for (const report of this.#fold.fold(nowMs)) this.options.tell(report);
    this.#wakeInTime();
  }

  /** One timer, and not one for each chunk: one that rings too early looks again. */
  #wakeInTime(): void {
    const dueMs = Math.min(this.#blocks.closesAtMs ?? this.#timerMs, this.#fold.foldsAtMs ?? this.#timerMs);
    if (dueMs >= this.#timerMs || !Number.isFinite(dueMs)) return;
    clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    this.#timer = setTimeout(() => this.#onTime(), Math.max(1, Math.ceil(dueMs - this.options.clock.monotonicMs())));
  }
}

/** Without colours; of a line that was drawn over, what was seen last. */
function textOf(raw: string): string {
  const line = raw.slice(0, limits.wrapLineMax).trimEnd();
  const plain = line.includes('\u001b') ? stripVTControlCharacters(line) : line;
  return plain.slice(plain.lastIndexOf('\r') + 1);
}
