import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lastLines, linesAfter, rotateLog } from '../../agents/node/log-file.js';
import { limits } from '../../common/core/limits.js';

describe('the log file of a process', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-log-'));
    path = join(folder, 'echo.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives its last lines, and none when there is no file', () => {
    expect(lastLines(path, 5)).to.deep.equal({ file: '', nextOffset: 0, lines: [] });
    writeFileSync(path, 'a\nb\nc\n');
    expect(lastLines(path, 2).lines).to.deep.equal(['b', 'c']);
    expect(lastLines(path, 9).lines).to.deep.equal(['a', 'b', 'c']);
    expect(lastLines(path, 0)).to.deep.include({ lines: [], nextOffset: 6 });
  });

  it('keeps a line without its end for the next time', () => {
    writeFileSync(path, 'a\nhal');
    const first = lastLines(path, 5);
    expect(first.lines).to.deep.equal(['a']);
    appendFileSync(path, 'f\n');
    expect(linesAfter(path, first.nextOffset, first.file).lines).to.deep.equal(['half']);
  });

  it('keeps empty lines', () => {
    writeFileSync(path, '\n\na\n\n');
    expect(linesAfter(path, 0, undefined).lines).to.deep.equal(['', '', 'a', '']);
  });

  it('begins anew when the file was replaced or cut', () => {
    writeFileSync(path, 'old one\nold two\n');
    const { file, nextOffset } = lastLines(path, 9);
    truncateSync(path, 0);
    appendFileSync(path, 'cut\n');
    expect(linesAfter(path, nextOffset, file).lines).to.deep.equal(['cut']);
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'a new file that is longer than the old one was\n');
    expect(linesAfter(path, nextOffset, file).lines).to.deep.equal(['a new file that is longer than the old one was']);
  });

  it('reads a huge line in pieces rather than never', () => {
    writeFileSync(path, 'x'.repeat(limits.logChunkBytesMax + 10));
    expect(linesAfter(path, 0, undefined).nextOffset).to.equal(limits.logChunkBytesMax);
  });

  it('moves what is over the bound aside, and the writer goes on in the same file', () => {
    writeFileSync(path, 'short\n');
    expect(rotateLog(path)).to.equal(false);
    writeFileSync(path, 'x'.repeat(limits.agentLogBytesMax));
    expect(rotateLog(path)).to.equal(true);
    expect(statSync(path).size).to.equal(0);
    expect(statSync(`${path}.1`).size).to.equal(limits.agentLogBytesMax);
    expect(rotateLog(join(folder, 'missing.log'))).to.equal(false);
  });
});
