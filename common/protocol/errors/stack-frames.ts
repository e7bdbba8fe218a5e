/**
 * The frames of a stack that say where an error belongs: the program's own, as file and function without a line, so that
 * an edit above them changes nothing. Each frame is judged, and one that is left out bears the reason. Pure; the only
 * importer of the parser. Reads stacks as V8 and its kin write them, and Python's.
 *
 * Bounded: only so many lines, of so many characters, are looked at; a hostile stack costs no more than a long one.
 */
import { parse } from 'stacktrace-parser';
import { limits } from '../../core/limits.js';
import { normalisedName } from './normalised-message.js';

/**
 * taken: its key is a part of the fingerprint · runtime: of Node.js or Python · library: of a package that the program
 * uses · mesh: of the mesh itself · nowhere: it has no file · repeated: the same place is taken already · further: beyond
 * the frames that count
 */
export type FrameVerdict = 'taken' | 'runtime' | 'library' | 'mesh' | 'nowhere' | 'repeated' | 'further';

export interface JudgedFrame {
  /** The line, as the stack has it. */
  readonly text: string;
  readonly verdict: FrameVerdict;
  /** File with two folders, and function: what is compared. Empty where there is no file. */
  readonly key: string;
}

interface Frame {
  readonly text: string;
  readonly file: string;
  readonly name: string;
}

const LINES_MAX = 100;
const LINE_MAX = 1_000;
/** File and its two folders: enough to tell programs apart, and the same wherever they are installed. */
const SEGMENTS = 3;

/** The same place fails again and again: its stack is read once. Forgotten as a whole, so that it stays small. */
const remembered = new Map<string, readonly JudgedFrame[]>();
const REMEMBERED_MAX = 64;

/** The frames from the innermost on, each with what became of it. @param message is often the head of the stack */
export function judgedFrames(stack: string, message: string): readonly JudgedFrame[] {
  const places = withoutHead(stack, message);
  const known = remembered.get(places);
  if (known !== undefined) return known;
  const frames = judged(places);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(places, frames);
  return frames;
}

function judged(places: string): JudgedFrame[] {
  const taken = new Set<string>();
  return framesIn(places).map((frame): JudgedFrame => {
    const key = frame.file === '' ? '' : `${fileKey(frame.file)} ${frame.name}`;
    const verdict = foreignOf(frame.file) ?? verdictOf(key, taken);
    if (verdict === 'taken') taken.add(key);
    return { text: frame.text, verdict, key };
  });
}

function verdictOf(key: string, taken: ReadonlySet<string>): FrameVerdict {
  if (taken.has(key)) return 'repeated';
  return taken.size < limits.errorFramesMax ? 'taken' : 'further';
}

function foreignOf(file: string): FrameVerdict | undefined {
  if (file === '' || file.startsWith('<anonymous>')) return 'nowhere';
  if (/^(?:node:|internal\/|<frozen )|[\\/]lib[\\/]python\d[^\\/]*[\\/](?!(?:site|dist)-packages[\\/])/.test(file)) {
    return 'runtime';
  }
  if (/[\\/](?:node_modules|site-packages|dist-packages)[\\/]/.test(file)) return 'library';
  if (/[\\/]dist[\\/](?:bundles[\\/][a-z-]+\.cjs$|agents[\\/]sdk[\\/]|common[\\/]wire[\\/])/.test(file)) return 'mesh';
  return undefined;
}

function framesIn(places: string): Frame[] {
  const frames = places.split('\n', LINES_MAX).flatMap((line) => {
    const text = line.trim();
    if (text.length > LINE_MAX) return [];
    if (text.startsWith('at ')) return [scriptFrame(text)];
    return text.startsWith('File "') ? pythonFrame(text) : [];
  });
  // Python names the innermost last.
  return frames[0]?.text.startsWith('File "') ? frames.reverse() : frames;
}

/** A message may have lines that look like frames: whatever it quotes is no place of this error. */
function withoutHead(stack: string, message: string): string {
  const at = message === '' ? -1 : stack.indexOf(message);
  return at >= 0 && !stack.slice(0, at).includes('\n') ? stack.slice(at + message.length) : stack;
}

function scriptFrame(text: string): Frame {
  const [frame] = parse(text);
  const name = (frame?.methodName ?? '').replace(/^(?:async |new )+/, '').replace(/ \[as .*\]$/, '');
  return { text, file: frame?.file ?? '', name };
}

function pythonFrame(text: string): Frame[] {
  const [, file, name] = /^File "([^"]+)", line \d+(?:, in (.+))?$/.exec(text) ?? [];
  return file === undefined ? [] : [{ text, file, name: name ?? '' }];
}

/** `/srv/app/releases/1.4.2/agents/echo/main.3f2a91c0.js` → `agents/echo/main.<n>.js` */
function fileKey(file: string): string {
  const segments = file
    .replace(/^[a-z][a-z-]+:\/\/[^\\/]*|^[a-z]:/i, '')
    .replace(/[?#].*$/, '')
    .split(/[\\/]+/)
    .filter((segment, index, all) => segment !== '' && (index === all.length - 1 || !isRelease(segment)));
  return segments
    .slice(-SEGMENTS)
    .map((segment) => normalisedName(segment))
    .join('/');
}

/** A folder that is named for a version, a date or a commit. */
const isRelease = (segment: string): boolean => /^v?\d[\w.+-]*$|^(?=.*\d)[0-9a-f]{7,64}$/i.test(segment);
