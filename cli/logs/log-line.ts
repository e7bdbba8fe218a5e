/** The end of an agent's output as a person reads it beside other things: what our own logs say in JSON, in plain words. Pure. */

const WIDTH_MAX = 300;

/** `error: it broke` for a line of our log; any other line as it is. Never longer than a few lines of a terminal. */
export function plainLogLine(line: string): string {
  const text = saidIn(line) ?? line;
  return text.length > WIDTH_MAX ? `${text.slice(0, WIDTH_MAX - 1)}…` : text;
}

/** Lines to be asked for, so that `briefEnd` has enough to choose from. */
export const LINES_ASKED = 60;
const LINES_SHOWN = 10;
/** Of each stack: where it was thrown, and who called. */
const FRAMES_SHOWN = 2;

/** The last lines in short: plain, and of a stack only its top, so that what was said is not pushed out by it. */
export function briefEnd(lines: readonly string[]): string[] {
  let frameCount = 0;
  const kept = lines.map(plainLogLine).filter((line) => {
    frameCount = /^\s+at /.test(line) ? frameCount + 1 : 0;
    return frameCount <= FRAMES_SHOWN;
  });
  return kept.slice(-LINES_SHOWN);
}

function saidIn(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('msg' in entry) || typeof entry.msg !== 'string') {
      return undefined;
    }
    return 'level' in entry && typeof entry.level === 'string' ? `${entry.level}: ${entry.msg}` : entry.msg;
  } catch {
    return undefined; // only looks like one, or was cut
  }
}
