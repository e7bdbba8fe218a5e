/** A block of standard error as an error report: its code, its severity and its text, as far as the text itself says them. Pure. */
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import type { Severity } from '../../common/protocol/errors/severity.js';
import type { StderrBlock } from './stderr-blocks.js';

export interface ReportRules {
  /** Of a block that does not name its own. */
  readonly severity: Severity;
  readonly program: string;
}

/** The code of a block that does not begin with the name of an error. */
const CODE = 'STDERR';
const COMPONENT = 'stderr';

export function blockReport(block: StderrBlock, { severity, program }: ReportRules): ErrorReportInput {
  const { message, lines, lineCount, isTrace } = block;
  const hiddenCount = lineCount - lines.filter((line) => line !== '').length;
  const text = [...lines, ...(hiddenCount > 0 ? [`… ${hiddenCount} more lines`] : [])].join('\n');
  return {
    code: errorNameIn(message) ?? CODE,
    message,
    severity: severityIn(message) ?? (isTrace && errorNameIn(message) !== undefined ? 'error' : severity),
    component: COMPONENT,
    ...(isTrace ? { stack: text } : {}),
    context: { program, lines: lineCount },
  };
}

/** `ValueError: …`, `Exception in thread "main" java.lang.IllegalStateException: …` → the name without its package. */
const ERROR_NAME =
  /^(?:Exception in thread "[^"]{0,100}" |Unhandled exception\. |Uncaught )?(?:[\w$]{1,64}[.:]{1,2}){0,12}([A-Z][\w$]{0,60}(?:Error|Exception|Interrupt|Exit|Failure)|Error|Exception)\b/;
const errorNameIn = (message: string): string | undefined =>
  ERROR_NAME.exec(message)?.[1] ?? (message.startsWith('panic: ') ? 'panic' : undefined);

const LEVELS: readonly (readonly [RegExp, Severity])[] = [
  [
    /\b(?:FATAL|CRITICAL|PANIC|ALERT|EMERG)\b|^(?:panic|fatal(?: error)?):|level"?[=:]"?(?:fatal|critical|panic)/,
    'critical',
  ],
  [/\b(?:ERROR|ERR|SEVERE)\b|\berror:|level"?[=:]"?err/, 'error'],
  [/\b(?:WARN|WARNING)\b|\b[Ww]arning:|level"?[=:]"?warn/, 'warning'],
  [/\b(?:INFO|NOTICE|DEBUG|TRACE)\b|level"?[=:]"?(?:info|notice|debug|trace)/, 'info'],
];
/** Where a line names its level: the text behind it may speak of anything. */
const LEVEL_WITHIN = 80;

function severityIn(message: string): Severity | undefined {
  const head = message.slice(0, LEVEL_WITHIN);
  const found = LEVELS.flatMap(([pattern, severity]) => {
    const at = head.search(pattern);
    return at === -1 ? [] : [{ at, severity }];
  });
  return found.sort((a, b) => a.at - b.at)[0]?.severity;
}
