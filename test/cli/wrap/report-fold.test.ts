import { expect } from 'chai';
import fc from 'fast-check';
import { ReportFold } from '../../../cli/wrap/report-fold.js';
import type { StderrBlock } from '../../../cli/wrap/stderr-blocks.js';
import { limits } from '../../../common/core/limits.js';
import type { ErrorReportInput } from '../../../common/protocol/errors/error-report.js';

const rules = { severity: 'error', program: 'app' } as const;
const block = (message: string, lineCount = 1): StderrBlock => ({
  message,
  lines: [message],
  lineCount,
  isTrace: false,
});
const linesOf = (reports: readonly (ErrorReportInput | undefined)[]): number =>
  reports.reduce((sum, report) => sum + Number(report?.context?.['lines'] ?? 0), 0);

describe('the reports of a program', () => {
  it('are told as they come while there are few', () => {
    const fold = new ReportFold(rules);
    expect(fold.take(block('disk full'), 0)?.message).to.equal('disk full');
    expect(fold.take(block('no route'), 0)?.message).to.equal('no route');
    expect(fold.end()).to.deep.equal([]);
  });

  it('are told once when they say the same but for numbers, and again as a number of times', () => {
    const fold = new ReportFold(rules);
    expect(fold.take(block('try 1 failed'), 0)?.context).to.deep.equal({ program: 'app', lines: 1 });
    for (let n = 2; n <= 1_000; n++) expect(fold.take(block(`try ${n} failed`, 2), 0)).to.equal(undefined);
    expect(fold.fold(limits.wrapFoldMs - 1)).to.deep.equal([]);
    const [again, ...others] = fold.fold(limits.wrapFoldMs);
    // The first hundreds were looked at, and are known as the same; the others are what is beyond the budget.
    expect(again?.message).to.equal('try 1 failed');
    expect(linesOf([again, ...others])).to.equal(2 * 999);
  });

  it('of the very same line are known however many they are', () => {
    const fold = new ReportFold(rules);
    for (let n = 0; n < 10_000; n++) fold.take(block('again'), 0);
    expect(fold.end()).to.deep.equal([
      {
        code: 'STDERR',
        message: 'again',
        severity: 'error',
        component: 'stderr',
        context: { program: 'app', lines: 9_999, repeated: 9_999 },
      },
    ]);
  });

  it('are bounded at once and over time, and what is beyond is told as one number with the last of it', () => {
    const fold = new ReportFold(rules);
    const words = (n: number) => block(`word ${String.fromCharCode(97 + (n % 26), 97 + (Math.floor(n / 26) % 26))}`);
    let told = 0;
    for (let n = 0; n < 600; n++) if (fold.take(words(n), 0) !== undefined) told++;
    expect(told).to.equal(limits.wrapReportsBurst);
    expect(fold.take(block('one more later'), limits.wrapReportIntervalMs)?.message).to.equal('one more later');
    const reports = fold.end();
    expect(reports.at(-1)).to.include({ code: 'STDERR_FOLDED' });
    expect(reports.at(-1)?.context?.['last']).to.equal(words(599).message);
    expect(reports.length).to.be.at.most(limits.wrapFoldKeysMax + 1);
  });

  it('that came again after a silence are new', () => {
    const fold = new ReportFold(rules);
    fold.take(block('slow'), 0);
    fold.fold(limits.wrapFoldMs);
    expect(fold.take(block('slow'), 3 * limits.wrapFoldMs)?.message).to.equal('slow');
  });

  it('say together exactly how many lines were written, whatever was written when', () => {
    const event = fc.record({
      message: fc.constantFrom('a', 'b', 'c 1', 'c 2', 'd', 'e', 'f', ...'ghijklmnopqrstuvwxyz'),
      lineCount: fc.integer({ min: 1, max: 50 }),
      waitMs: fc.constantFrom(0, 0, 0, 1, 100, 1_000, 6_000),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const fold = new ReportFold(rules);
        const told: (ErrorReportInput | undefined)[] = [];
        let nowMs = 0;
        for (const { message, lineCount, waitMs } of events) {
          nowMs += waitMs;
          told.push(...fold.fold(nowMs), fold.take(block(message, lineCount), nowMs));
        }
        told.push(...fold.end());
        return linesOf(told) === events.reduce((sum, { lineCount }) => sum + lineCount, 0);
      }),
    );
  });
});
