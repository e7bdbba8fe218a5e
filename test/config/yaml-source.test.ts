/** Reading one file: what is refused, where, and with which next step. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lineOf } from '../../common/config/source/issues.js';
import { parseSource, readSource } from '../../common/config/source/yaml-source.js';
import { limits } from '../../common/core/limits.js';

const refusals = (...lines: string[]): string[] => parseSource(lines.join('\n'), 'f.yaml').issues.map(lineOf);

describe('a YAML source', () => {
  it('gives the data and the place of every value', () => {
    const source = parseSource(['a: 1', 'b:', '  - x', '  - c: { d: true }'].join('\n'), 'f.yaml');
    expect(source.issues).to.deep.equal([]);
    expect(source.data).to.deep.equal({ a: 1, b: ['x', { c: { d: true } }] });
    expect(source.locate(['b'])).to.deep.equal({ file: 'f.yaml', line: 2, column: 1 });
    expect(source.locate(['b', 1, 'c', 'd'])).to.deep.equal({ file: 'f.yaml', line: 4, column: 10 });
    expect(source.locate(['b', 1, 'nothing']), 'the deepest part that exists').to.include({ line: 4, column: 5 });
  });

  it('reads JSON, also when it is indented with tabs', () => {
    expect(parseSource('{\n\t"a": {\n\t\t"b": [1, 2]\n\t}\n}\n', 'f.json').data).to.deep.equal({ a: { b: [1, 2] } });
  });

  it('expands aliases', () => {
    expect(parseSource('a: &x { n: 1 }\nb: *x\n', 'f.yaml').data).to.deep.equal({ a: { n: 1 }, b: { n: 1 } });
  });

  const rows: readonly (readonly [title: string, lines: readonly string[], says: string, hint: string])[] = [
    ['a tab as indentation', ['a:', '\tb: 1'], 'f.yaml:2:1: Tabs are not allowed as indentation', 'indent with spaces'],
    [
      'a key that is there twice',
      ['a: 1', 'b: 2', 'a: 3'],
      'f.yaml:3:1: `a` is there twice; first on line 1',
      'keep one',
    ],
    ['an unknown tag', ['a: !run x'], 'f.yaml:1:4: Unresolved tag: !run', 'remove the tag'],
    ['a second document', ['a: 1', '---', 'b: 1'], 'f.yaml:2:1: the file holds more than one document', 'one document'],
    ['a key that is not text', ['1: x'], 'f.yaml:1:1: a key must be text', 'in quotes'],
    ['a list as key', ['? [a]', ': x'], 'f.yaml:1:3: a key must be text', 'in quotes'],
    ['__proto__', ['a:', '  __proto__: { b: 1 }'], 'f.yaml:2:3: the key __proto__ is not allowed', 'remove it'],
    ['a merge key', ['a: &x {}', 'b: { <<: *x }'], 'f.yaml:2:6: the key << is not allowed', 'repeat the keys'],
    ['an alias without anchor', ['a: *x'], 'f.yaml:1:1: there is no anchor &x before this alias', 'write &x'],
    [
      'a number that would change',
      ['a: 12345678901234567890'],
      'f.yaml:1:1: the number 12345678901234567000 cannot be kept exactly',
      'quotes',
    ],
    ['a number that is none', ['a: .inf'], 'f.yaml:1:1: the number Infinity cannot be kept exactly', 'quotes'],
    ['an alias inside its own anchor', ['a: &x', '  b: *x'], 'f.yaml:2:3: values are nested too deeply', 'anchors'],
  ];
  for (const [title, lines, says, hint] of rows) {
    it(`refuses ${title}`, () => {
      const { issues } = parseSource(lines.join('\n'), 'f.yaml');
      expect(issues.map(lineOf)).to.deep.equal([says]);
      expect(issues[0]?.hint).to.contain(hint);
    });
  }

  it('refuses anchors that multiply, without expanding them', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) {
      const inner = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ');
      bomb.push(`a${level}: &a${level} [${inner}]`);
    }
    const said = refusals(...bomb);
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/^f\.yaml:\d+:\d+: the file uses too many aliases$/);
  });

  it('refuses more values than the limit', () => {
    const issues = refusals(`a: [${'1,'.repeat(limits.configValuesMax)}]`);
    expect(issues).to.have.length(1);
    expect(issues[0]).to.contain('the file holds too many values');
  });

  const column = limits.configDepthMax + 2;
  for (const [title, unit, says] of [
    ['brackets', '[', `f.yaml:1:${column}: values are nested too deeply`],
    ['braces', '{a: ', `f.yaml:1:${4 * column - 3}: values are nested too deeply`],
    ['lists in one line', '- ', `f.yaml:1:${2 * column - 1}: values are nested too deeply`],
    ['keys that are maps', '? ', `f.yaml:1:${2 * column - 1}: values are nested too deeply`],
  ] as const) {
    it(`refuses ${title} nested without end, at the first that is too deep`, () => {
      expect(refusals(unit.repeat(100_000))).to.deep.equal([says]);
    });
  }

  it('takes what is nested as deeply as the limit allows', () => {
    const depth = limits.configDepthMax;
    expect(refusals(`${'['.repeat(depth)}1${']'.repeat(depth)}`)).to.deep.equal([]);
  });
});

describe('a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-source-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (content?: string | Buffer) => {
    const file = join(folder, 'f.yaml');
    if (content !== undefined) writeFileSync(file, content);
    return readSource(file, 'config/f.yaml').issues.map(lineOf);
  };

  it('that does not exist is refused', () => expect(read()).to.deep.equal(['config/f.yaml: does not exist']));
  it('that is a folder is refused', () =>
    expect(readSource(folder, 'config').issues.map(lineOf)).to.deep.equal(['config: is not a file']));
  it('that is not UTF-8 is refused', () =>
    expect(read(Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]))).to.deep.equal(['config/f.yaml: is not UTF-8 text']));
  it('that is too large is refused before it is read', () =>
    expect(read(Buffer.alloc(limits.configFileBytesMax + 1, 0x23))).to.deep.equal([
      `config/f.yaml: has ${limits.configFileBytesMax + 1} bytes, more than the ${limits.configFileBytesMax} allowed`,
    ]));
  it('with a byte order mark is read', () => expect(read('\ufeffa: 1\n')).to.deep.equal([]));
});
