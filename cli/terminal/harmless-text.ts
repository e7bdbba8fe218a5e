/**
 * Text that somebody else wrote, as a terminal may have it: what an error, a record or an agent says must not move the cursor,
 * rename the window, answer in the name of whoever sits there, or turn the letters round. Such characters are made visible;
 * nothing is left out. Pure.
 */
const ESCAPE = String.fromCharCode(27);
/** Colours, which move nothing; control characters but the tab and the end of a line; what turns the direction of writing. */
const SPECIAL = new RegExp(`${ESCAPE}\\[[0-9;]*m|(?![\\t\\n])[\\p{Cc}\\u{202a}-\\u{202e}\\u{2066}-\\u{2069}]`, 'gu');
/** A line that ends as on Windows. */
const RETURN_AT_END = /\r+(?=\n|$)/g;

/** @param keepsColors escape sequences that only colour what follows stay as they are */
export function harmlessText(text: string, keepsColors: boolean): string {
  return text
    .replace(RETURN_AT_END, '')
    .replace(SPECIAL, (found) => (found.length > 1 ? (keepsColors ? found : '') : pictureOf(found)));
}

/** ␛ for an escape: Unicode has pictures of the first control characters. The others are told by their number. */
function pictureOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
