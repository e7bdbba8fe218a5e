import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { LAST_WORDS_VARIABLE, readLastWords } from '../../common/log/last-words.js';

const fixture = fileURLToPath(new URL('../fixtures/dying-process.js', import.meta.url));

describe('last words', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-last-words-'));
    file = join(folder, 'words.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Its exit code and what it wrote to standard error. */
  async function die(manner: string, target: string | undefined = file): Promise<{ code: number; text: string }> {
    const child = spawn(process.execPath, [fixture, manner], {
      env: target === undefined ? {} : { [LAST_WORDS_VARIABLE]: target },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr?.on('data', (chunk) => {
      text += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, text };
  }

  for (const manner of ['throw', 'reject']) {
    it(`tell of an error that nobody caught (${manner})`, async () => {
      const { code, text } = await die(manner);
      expect(code).to.equal(1);
      expect(text).to.contain('TypeError: the cat walked over it');
      const words = readLastWords(file) ?? expect.fail('there are none');
      expect(words.tsMs).to.be.above(0);
      expect(words.report).to.deep.include({
        code: 'CAT',
        message: 'the cat walked over it',
        severity: 'critical',
        component: 'fixture',
        context: { filler: 'short' },
      });
      expect(words.report.stack).to.contain('dying-process');
    });
  }

  it('tell of a rejection with something that is no error', async () => {
    expect((await die('string')).code).to.equal(1);
    expect(readLastWords(file)?.report.message).to.equal('just a word');
  });

  it('stay within their bound: what does not fit is left out, and the rest is there', async () => {
    expect((await die('huge')).code).to.equal(1);
    expect(statSync(file).size).to.be.at.most(limits.lastWordsBytesMax);
    expect(readLastWords(file)?.report).to.include({ code: 'CAT', severity: 'critical' });
  });

  it('come without a description when that throws', async () => {
    await die('describe-throws');
    expect(readLastWords(file)?.report).to.include({ code: 'CAT', component: 'agent' });
  });

  it('cannot keep the process alive: it ends with 1 without a file, and when the file cannot be written', async () => {
    expect((await die('throw', '')).code).to.equal(1);
    const { code, text } = await die('throw', join(folder, 'no', 'such', 'folder'));
    expect(code).to.equal(1);
    expect(text).to.contain('could not be written');
  });

  it('are taken away when they are read, and leave nothing else behind', async () => {
    await die('throw');
    expect(readdirSync(folder)).to.deep.equal(['words.json']);
    expect(readLastWords(file)).not.to.equal(undefined);
    expect(readdirSync(folder)).to.be.empty;
    expect(readLastWords(file)).to.equal(undefined);
  });

  const strange: [what: string, write: (path: string) => void][] = [
    ['no JSON', (path) => writeFileSync(path, '{"tsMs":')],
    ['no report', (path) => writeFileSync(path, '{"tsMs":1,"report":{}}')],
    ['too large', (path) => writeFileSync(path, Buffer.alloc(limits.lastWordsBytesMax + 1, 0x20))],
    ['a link', (path) => symlinkSync('/etc/hostname', path)],
  ];
  for (const [what, write] of strange) {
    it(`that are ${what} are none, and are taken away`, () => {
      write(file);
      expect(readLastWords(file)).to.equal(undefined);
      expect(existsSync(file)).to.equal(false);
    });
  }
});
