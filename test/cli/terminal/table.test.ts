import { expect } from 'chai';
import picocolors from 'picocolors';
import { type Column, clip, tableText, widthOf } from '../../../cli/terminal/table.js';

const coloured = picocolors.createColors(true);

describe('a table', () => {
  interface Row {
    readonly name: string;
    readonly text: string;
  }
  const columns: Column<Row>[] = [
    { head: 'name', value: ({ name }) => name },
    { head: 'text', value: ({ text }) => text, optional: true },
  ];

  it('is borderless, with upper-case heads and no trailing blanks', () => {
    const rows = [
      { name: 'echo', text: 'a' },
      { name: 'host-monitor', text: 'bb' },
    ];
    expect(tableText(rows, columns, 80)).to.equal('NAME          TEXT\necho          a\nhost-monitor  bb');
  });

  it('leaves out optional columns that do not fit, and keeps a row on its line', () => {
    expect(tableText([{ name: 'echo', text: 'one\ntwo' }], columns, 80)).to.equal('NAME  TEXT\necho  one ⏎ two');
    expect(tableText([{ name: 'echo', text: 'one\ntwo' }], columns, 10)).to.equal('NAME\necho');
  });

  it('clips a line without counting its colours', () => {
    const text = `${coloured.red('error')} echo`;
    expect(clip(text, 10)).to.equal(text);
    expect(widthOf(clip(text, 7))).to.equal(7);
    expect(clip('abc', 2)).to.equal('a…');
  });
});
