import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NodeExit } from '../../../cli/launch/node-process.js';
import { lastLines, refusalOf } from '../../../cli/launch/node-words.js';

describe('the words of a daemon that ended', () => {
  let folder: string;
  let logFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-words-'));
    logFile = join(folder, 'node.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const refusal = (text: string, logOffset = 0, exit: NodeExit = { code: 6, cause: null }) => {
    writeFileSync(logFile, text);
    return refusalOf({ machine: 'pc2', keeperPid: 1, logFile, logOffset, exit: Promise.resolve(exit) }, exit);
  };

  it('are its refusal, as it gave it', () => {
    const told = { code: 'PORT_IN_USE', message: 'port 1 is taken', hint: 'free it', details: { port: 1 } };
    const error = refusal(`{"level":"info","msg":"hello"}\n${JSON.stringify({ error: told })}\n`);
    expect(error.toBody()).to.deep.equal(told);
  });

  it('are its last lines and how it ended, when it gave no reason', () => {
    const error = refusal('one\n\ntwo\n', 0, { code: null, cause: 'SIGKILL' });
    expect(error.code).to.equal('START_FAILED');
    expect(error.message).to.equal('the node of pc2 ended (SIGKILL)\none\ntwo');
    expect(error.hint).to.contain(logFile);
    expect(refusal('{"error":\n').message).to.contain('exit code 6');
  });

  it('are not those of its predecessor', () => {
    const old = `${JSON.stringify({ error: { code: 'CONFLICT', message: 'old' } })}\n`;
    expect(refusal(`${old}new\n`, old.length).message).to.equal('the node of pc2 ended (exit code 6)\nnew');
  });

  it('are none when there is no file, and few when there are many', () => {
    expect(lastLines(join(folder, 'nowhere'), 0)).to.deep.equal([]);
    writeFileSync(logFile, Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join(''));
    expect(lastLines(logFile, 0, 2)).to.deep.equal(['line 98', 'line 99']);
  });
});
