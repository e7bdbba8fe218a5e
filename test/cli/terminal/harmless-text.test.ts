/** What others wrote does nothing to the terminal on which it is read. */
import { expect } from 'chai';
import fc from 'fast-check';
import { harmlessText } from '../../../cli/terminal/harmless-text.js';
import { jsonText } from '../../../cli/terminal/json-text.js';
import { Output, type OutputFormat } from '../../../cli/terminal/output.js';

const ESC = '\u001b';
/** Half of them what a terminal obeys and what stands beside it, the others any characters, halves of pairs too. */
const character = fc.oneof(
  fc.constantFrom(ESC, ...'[0;31mK\r\n\t\u0007\u0000\u007f\u0085\u009b\u202e\u2066 a'),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);
/** Not a string of the library's: that makes a list of all characters first, which takes a second or, at load, many. */
const anyText = fc.array(character, { maxLength: 20 }).map((characters) => characters.join(''));
/** As it can be read in a report. */
const codesOf = (text: string): string =>
  [...text].map((one) => `U+${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join(' ');

/** Clears the screen, renames the window, asks the terminal to answer, links, as one byte, from right to left. */
const HOSTILE = [
  `${ESC}[2J${ESC}[H`,
  `${ESC}]0;owned\u0007`,
  `${ESC}[6n`,
  `${ESC}]8;;http://x\u0007`,
  '\u009b2J',
  '\u202Eevil',
  'all is well\rerror',
];

/** What a terminal obeys. */
const obeyed = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

describe('text of others on a terminal', () => {
  const rows: readonly [what: string, text: string, shown: string][] = [
    ['a command of the cursor', `a${ESC}[2Jb`, 'a␛[2Jb'],
    ['a title of the window', `${ESC}]0;x\u0007`, '␛]0;x␇'],
    ['one byte that begins a command', 'a\u009b2J', 'a<U+009B>2J'],
    ['a return that writes over the line', 'bad\rgood', 'bad␍good'],
    ['what turns the direction of writing', '\u202Eabc', '<U+202E>abc'],
    ['an end of a line as on Windows', 'a\r\nb\r', 'a\nb'],
    ['tabs, lines, letters of any script', 'a\tb\nüñ字🙂', 'a\tb\nüñ字🙂'],
    ['a colour', `${ESC}[1;31mred${ESC}[0m`, `${ESC}[1;31mred${ESC}[0m`],
  ];
  for (const [what, text, shown] of rows) it(`shows ${what}`, () => expect(harmlessText(text, true)).to.equal(shown));

  it('has no colours where nobody wants any', () =>
    expect(harmlessText(`${ESC}[31mred${ESC}[0m`, false)).to.equal('red'));

  it('never has a character that a terminal obeys', () =>
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = harmlessText(`${ESC}${text}`, false);
        expect(obeyed.test(shown), `${codesOf(text)} is shown as ${codesOf(shown)}`).to.equal(false);
      }),
    ));

  const printed = async (format: OutputFormat, print: (output: Output) => unknown): Promise<string> => {
    const { stdout } = process;
    const { write } = stdout;
    let written = '';
    stdout.write = (chunk: string | Uint8Array) => {
      written += String(chunk);
      return true;
    };
    try {
      await print(new Output({ stdout, stderr: stdout }, format, false));
    } finally {
      stdout.write = write;
    }
    return written;
  };
  const form = { columns: [{ head: 'm', value: (row: string) => row }], name: (row: string) => row, empty: '' };

  for (const format of ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const)
    it(`is harmless in every list, value, item and message as ${format}`, async () => {
      const text = await printed(format, async (output) => {
        await output.list(HOSTILE, form);
        for (const one of HOSTILE) {
          const human = () => one;
          await output.value(one, human, human);
          await output.item(one, human, human);
          output.note(one);
          output.warn(one);
        }
      });
      expect(text).to.not.match(obeyed);
    });

  it('is the same value in JSON', () => {
    for (const one of HOSTILE) expect(JSON.parse(jsonText({ one }))).to.deep.equal({ one });
  });
});
