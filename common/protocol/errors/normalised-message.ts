/**
 * The part of a message that stays the same from one occurrence to the next: quoted text, paths, numbers and ids are
 * replaced by marks. `cannot open /a/b.txt after 3 tries` → `cannot open <path> after <n> tries`. Pure.
 *
 * One mark stands for numbers and for ids, because nobody can tell them apart: an id in hexadecimal is sometimes a number.
 * Only a part of a message is looked at, and the work on it grows as its length does, whatever is in it.
 */

/** What a mark stands for in one message. */
export interface Marked {
  readonly mark: Mark;
  readonly text: string;
}

export type Mark = '<text>' | '<path>' | '<n>';
type OnMarked = (marked: Marked) => void;

const LOOKED_AT = 1_000;

const QUOTED = /"[^"]*"|`[^`]*`|(?<!\w)'[^']*'(?!\w)/g;
/** A quote that the end of the part that is looked at has cut. */
const CUT_QUOTE = /"[^"]*$/;
/** What it begins with is asked first: looking back from every character would cost a square of them. */
const URL_PATH = /(?=[/?#])(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/[\w.:@[\]-]{1,255})[/?#][^\s"'<>)\]]*/gi;
/**
 * From the root, a drive or the home on; or from a name on, which begins where its characters do, and behind what no path
 * may follow at the first @ or + of them. From no other of its characters: from each one it would be read to its end.
 */
const PATH =
  /(?:(?<![\w./\\<>-])(?:[a-z]:|~|)|(?:(?<![\w./\\<>@+-])|(?<=[/\\<>][\w.-]*[@+]))[\w.@+-]+)(?:[\\/][\w.@%~+-]+){2,}[\\/]?/gi;
const UUID = /(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/gi;
const WORD = /(?<![0-9a-z])(?:0x[0-9a-f]+|[0-9a-z]{6,})(?![0-9a-z])/gi;
const DECIMAL = /(?:(?<=^|[\s=(:,[])[-+])?(?<![0-9a-z.])\d+(?:(?:\.\d+)+(?:e[+-]?\d+)?|e[+-]\d+)/gi;
const NUMBER = /(?:(?<=^|[\s=(:,[])[-+])?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?/gi;
const LIST = /<n>(?:, ?<n>)+/g;

export function normalisedMessage(message: string, onMarked: OnMarked = () => undefined): string {
  const isCut = message.length > LOOKED_AT;
  const quoteless = marked(message.slice(0, LOOKED_AT), QUOTED, '<text>', onMarked);
  const text = isCut ? marked(quoteless, CUT_QUOTE, '<text>', onMarked) : quoteless;
  const placeless = marked(marked(text, URL_PATH, '<path>', onMarked), PATH, '<path>', onMarked);
  return normalisedName(placeless, onMarked).replace(LIST, '<n>');
}

/** The same for a name, as of a file: its numbers and ids alone. */
export function normalisedName(name: string, onMarked: OnMarked = () => undefined): string {
  const withoutUuids = marked(name, UUID, '<n>', onMarked);
  // Before the words: the digits behind a point would be taken for an id.
  const withoutIds = marked(marked(withoutUuids, DECIMAL, '<n>', onMarked), WORD, '<n>', onMarked, isId);
  return marked(withoutIds, NUMBER, '<n>', onMarked);
}

/** A word that no person wrote: hexadecimal, or letters and digits mixed more often than in a name such as `worker12`. */
function isId(word: string): boolean {
  if (/^\d*$/.test(word)) return false;
  if (/^0x/i.test(word)) return true;
  const digitRuns = word.match(/\d+/g)?.length ?? 0;
  if (/^[0-9a-f]+$/i.test(word)) return word.length >= 8 || digitRuns > 0;
  return word.length >= 16 ? digitRuns > 0 : word.length >= 8 && digitRuns > 1;
}

function marked(
  text: string,
  pattern: RegExp,
  mark: Mark,
  onMarked: OnMarked,
  isMeant: (found: string) => boolean = () => true,
): string {
  return text.replace(pattern, (found) => {
    if (!isMeant(found)) return found;
    onMarked({ mark, text: found });
    return mark;
  });
}
