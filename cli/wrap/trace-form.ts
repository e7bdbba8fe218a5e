/**
 * How the runtimes of this world write what went wrong over several lines, as a table: which line begins a form, which
 * lines go on with it, and which of them says what it is about. Pure.
 *
 * Most of them indent what belongs to the line before. What does not is listed here: a trace of Python ends with the line
 * that matters, one of Node begins with the source, Go writes its frames at the margin.
 */

export interface TraceForm {
  /** Lines at the margin that go on with it, beside those that go on with anything. */
  readonly alsoContinues?: RegExp;
  /** The next line at the margin is the one that says what it is about. */
  readonly awaitsMessage?: true;
  /** The message stands beside the first line, and does not replace it. */
  readonly joinsMessage?: true;
  /** What it is after a line that went on with it. */
  after(line: string): { readonly form: TraceForm; readonly isMessage: boolean };
}

/** Anything that is indented goes on; so do these. */
const CONTINUES =
  /^(?:\s+\S|Caused by:|Suppressed:|\.{3} \d+ (?:more|common)|During handling of the above|The above exception was|Traceback \(most|Stack trace:|#\d+ |stack backtrace:|note: |goroutine \d+ \[|\[signal |Node\.js v\d|--- End of |[}\])]+[;,]?$)/;
/** Blank lines part everything from what comes behind, but for these. */
const CONTINUES_BEHIND_BLANKS =
  /^(?:During handling of|The above exception was|goroutine \d+ \[|Node\.js v\d|created by )/;
const TRACEBACK = /^(?!\s).*Traceback \(most recent call last\):\s*$/;
/** What Python writes between a traceback and the one that it led to. */
const CHAIN = /^(?:During handling of|The above exception was)/;
const GO_STACK = /^goroutine \d+ \[/;
const isIndented = (line: string): boolean => /^\s/.test(line);

/** What follows `line` in the form of whatever it begins. */
const next = (line: string, otherwise: TraceForm): TraceForm => {
  if (TRACEBACK.test(line)) return python;
  if (CHAIN.test(line)) return chained;
  return GO_STACK.test(line) ? goStack : otherwise;
};

/** A line, with what is indented under it: Java, .NET, Ruby, most loggers. */
const plain: TraceForm = { after: (line) => ({ form: next(line, plain), isMessage: false }) };

/** Another traceback follows, behind a blank line. */
const chained: TraceForm = { ...plain, alsoContinues: TRACEBACK };

/** From `Traceback` to the first line at the margin: `ValueError: …`. */
const python: TraceForm = {
  awaitsMessage: true,
  after: (line) =>
    isIndented(line) || TRACEBACK.test(line) ? { form: python, isMessage: false } : { form: plain, isMessage: true },
};

/** Node shows the place in the source first, a caret under it, and behind a blank line the error. */
const nodeSource = (linesToCaretMax: number): TraceForm => ({
  ...(linesToCaretMax > 0 ? { alsoContinues: /^/ } : {}),
  after: (line) => ({
    form: /^\s*\^+\s*$/.test(line) ? nodeError : nodeSource(linesToCaretMax - 1),
    isMessage: false,
  }),
});
const nodeError: TraceForm = { awaitsMessage: true, after: () => ({ form: plain, isMessage: true }) };

/** The frames of a goroutine stand at the margin, each with its place indented under it. */
const goStack: TraceForm = {
  alsoContinues: /^(?:\S.*\)$|created by |exit status \d+$|goroutine \d+ \[)/,
  after: () => ({ form: goStack, isMessage: false }),
};

/** `thread 'main' panicked at src/main.rs:2:5:`, and on the next line why. */
const rust: TraceForm = {
  awaitsMessage: true,
  joinsMessage: true,
  after: () => ({ form: plain, isMessage: true }),
};

export function formOf(line: string): TraceForm {
  if (TRACEBACK.test(line)) return python;
  if (/^thread '.*' (?:\(\d+\) )?panicked at .*:$/.test(line)) return rust;
  return /^(?:file:\/\/|\/|node:)\S*:\d+$/.test(line) ? nodeSource(SOURCE_LINES_MAX) : plain;
}

/** The source and the caret; a minified line is one line too. */
const SOURCE_LINES_MAX = 2;

/** Whether `line` belongs to what is open in `form`, behind so many blank lines. */
export function continues(form: TraceForm, line: string, blankCount: number): boolean {
  if (form.awaitsMessage === true) return true;
  if (form.alsoContinues?.test(line) === true) return true;
  return (blankCount === 0 ? CONTINUES : CONTINUES_BEHIND_BLANKS).test(line);
}
