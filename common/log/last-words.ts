/**
 * The last words of a process: when something was thrown that nobody caught, a small file says what, before the process
 * ends. Whoever started the process names the file and reads it afterwards, so even a process that can no longer speak
 * to anybody leaves a complete report.
 *
 * Promises: written synchronously and whole or not at all (a rename), within `limits.lastWordsBytesMax`; the process
 * always ends with exit code 1, also when the file cannot be written. What is read was written by another process: it
 * is taken only if it is a plain file, within the bound, and a valid report.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { systemClock } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { ErrorReport, reportOf } from '../protocol/errors/error-report.js';
import { compile } from '../protocol/schema.js';
import { type Static, Type } from '../protocol/type.js';

/** Names the file; set by whoever starts the process. */
export const LAST_WORDS_VARIABLE = 'MESH_LAST_WORDS';

const LastWords = Type.Object(
  { tsMs: Type.Number({ minimum: 0 }), report: ErrorReport },
  { additionalProperties: false },
);
export type LastWords = Static<typeof LastWords>;

const validator = compile<LastWords>(LastWords);

/** Adds to the report what the process knows of itself: component, context. Must not throw; if it does, it is left out. */
export type Describe = () => Partial<ErrorReport>;

/**
 * From now on an uncaught error or rejection writes the file and ends the process. Without a file it only ends it.
 * @param onWritten may hear of it afterwards, in the same turn; what it throws is dropped.
 */
export function installLastWords(
  file: string | undefined,
  describe: Describe = () => ({}),
  onWritten: (thrown: unknown) => void = () => undefined,
): void {
  const end = (thrown: unknown) => {
    writeLastWords(file, thrown, describe);
    try {
      onWritten(thrown);
    } finally {
      process.exit(1);
    }
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/** Writes the file, and the error to standard error. Never throws: the process is ending, and that is what counts. */
export function writeLastWords(file: string | undefined, thrown: unknown, describe: Describe = () => ({})): void {
  try {
    writeSync(2, `${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
    if (file === undefined || file === '') return;
    write(file, reportOf(thrown, { severity: 'critical', ...described(describe) }));
  } catch (failure) {
    complain(failure);
  }
}

/**
 * The words of somebody who watched the process die. What it has said itself stands.
 * @returns whether there are last words now. Never throws.
 */
export function leaveLastWords(file: string, report: ErrorReport): boolean {
  try {
    if (!existsSync(file)) write(file, report);
    return true;
  } catch {
    return false;
  }
}

function write(file: string, report: ErrorReport): void {
  writeFileSync(`${file}.part`, bounded({ tsMs: systemClock.wallMs(), report }), { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

/** What a process left, and takes it away; undefined when it left nothing, or nothing that can be read. */
export function readLastWords(file: string): LastWords | undefined {
  let text: string;
  try {
    text = readBounded(file);
  } catch {
    return undefined;
  } finally {
    rmSync(file, { force: true, recursive: true });
  }
  try {
    const words: unknown = JSON.parse(text);
    return validator.accepts(words) ? words : undefined;
  } catch {
    return undefined;
  }
}

/** Not through a link, and without waiting: a pipe in its place would hold the reader for ever. */
function readBounded(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > limits.lastWordsBytesMax) return '';
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** The words as JSON within the bound: the context goes first, then the stack, then the message is cut. */
function bounded({ tsMs, report }: LastWords): string {
  const { context: _, ...withoutContext } = report;
  const { stack: __, ...withoutStack } = withoutContext;
  const short = { ...withoutStack, message: report.message.slice(0, 1_000) };
  const texts = [report, withoutContext, withoutStack, short].map((form) => JSON.stringify({ tsMs, report: form }));
  return texts.find((text) => Buffer.byteLength(text) <= limits.lastWordsBytesMax) ?? '';
}

function described(describe: Describe): Partial<ErrorReport> {
  try {
    return describe();
  } catch {
    return {};
  }
}

/** Standard error may be what failed. */
function complain(failure: unknown): void {
  try {
    writeSync(2, `the last words could not be written: ${messageOf(failure)}\n`);
  } catch {
    // nothing is left to write to
  }
}
