import { expect } from 'chai';
import fc from 'fast-check';
import { LINE_BYTES_MAX, type Line, type LineCursor, nextLine } from '../../agents/log-watcher/line-splitter.js';

/** All lines of `bytes`, which stand at `start`, and where reading goes on. */
function split(bytes: Buffer, start = 0, from: Partial<LineCursor> = {}, isFinal = false) {
  const lines: Line[] = [];
  let cursor: LineCursor = { offset: start, isSkipping: false, ...from };
  for (;;) {
    const step = nextLine(bytes, start, cursor, isFinal);
    if (step.kind === 'wait') return { lines, cursor };
    if (step.kind === 'line') lines.push(step.line);
    cursor = step.next;
  }
}

const textsOf = (bytes: Buffer, isFinal = false) => split(bytes, 0, {}, isFinal).lines.map(({ text }) => text);

describe('bytes that are split into lines', () => {
  const rows: readonly (readonly [title: string, bytes: string | Buffer, lines: readonly string[], offset: number])[] =
    [
      ['nothing', '', [], 0],
      ['whole lines', 'a\nb\n', ['a', 'b'], 4],
      ['a line without its newline, which waits', 'a\nb', ['a'], 2],
      ['empty lines', '\n\n', ['', ''], 2],
      ['lines of another system', 'a\r\nb\r\n', ['a', 'b'], 6],
      ['a carriage return inside a line', 'a\rb\n', ['a\rb'], 4],
      ['characters of several bytes', 'grüße\n', ['grüße'], 8],
      ['bytes that are no text', Buffer.from([0xff, 0x41, 0x0a]), ['\ufffdA'], 3],
    ];
  for (const [title, bytes, expected, offset] of rows) {
    it(`give ${title}`, () => {
      const { lines, cursor } = split(Buffer.from(bytes));
      expect(lines.map(({ text }) => text)).to.deep.equal(expected);
      expect(cursor).to.deep.equal({ offset, isSkipping: false });
    });
  }

  it('give the last line without a newline when nothing more will come', () => {
    expect(textsOf(Buffer.from('a\nb'), true)).to.deep.equal(['a', 'b']);
    expect(textsOf(Buffer.from('a\n'), true)).to.deep.equal(['a']);
  });

  it('tell where in the file each line begins', () => {
    expect(split(Buffer.from('ab\nc\n'), 1_000).lines.map(({ offset }) => offset)).to.deep.equal([1_000, 1_003]);
  });

  it('leave a line of exactly the bound whole and cut one that is longer', () => {
    const [whole] = split(Buffer.from(`${'x'.repeat(LINE_BYTES_MAX)}\n`)).lines;
    const { lines, cursor } = split(Buffer.from(`${'x'.repeat(LINE_BYTES_MAX + 1)}\nnext\n`));
    expect(whole?.isCut).to.equal(false);
    expect(lines.map(({ text, isCut }) => [text.length, isCut])).to.deep.equal([
      [LINE_BYTES_MAX, true],
      [4, false],
    ]);
    expect(cursor.offset).to.equal(LINE_BYTES_MAX + 7);
  });

  it('pass over the rest of a cut line, however many chunks it takes', () => {
    const first = split(Buffer.from('x'.repeat(LINE_BYTES_MAX + 10)));
    expect(first.cursor).to.deep.equal({ offset: LINE_BYTES_MAX + 10, isSkipping: true });
    const second = split(Buffer.from('xxx'), first.cursor.offset, first.cursor);
    expect(second.lines).to.deep.equal([]);
    const third = split(Buffer.from('x\nnext\n'), second.cursor.offset, second.cursor);
    expect(third.lines.map(({ text }) => text)).to.deep.equal(['next']);
  });

  it('give the same lines wherever the chunks end', () => {
    const content = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\n\r]/.test(text)));
    fc.assert(
      fc.property(content, fc.array(fc.nat(30)), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        let cursor: LineCursor = { offset: 0, isSkipping: false };
        const seen: string[] = [];
        for (const size of [...sizes, bytes.length]) {
          const chunk = bytes.subarray(cursor.offset, cursor.offset + size);
          const part = split(chunk, cursor.offset, cursor);
          seen.push(...part.lines.map(({ text }) => text));
          cursor = part.cursor;
        }
        expect(seen).to.deep.equal(bytes.toString('utf8').split('\n').slice(0, -1));
      }),
    );
  });
});
