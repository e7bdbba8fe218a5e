import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findProcesses, processStat, tokenOf } from '../../common/core/process-scan.js';

describe('process scan', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mesh-scan-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives a folder one token whichever path leads to it, and each machine its own', () => {
    const home = join(folder, 'fleet');
    const link = join(folder, 'link');
    mkdirSync(home);
    symlinkSync(home, link);
    expect(tokenOf(home, 'main')).to.match(/^[0-9a-f]{16}$/);
    expect(tokenOf(link, 'main')).to.equal(tokenOf(home, 'main'));
    expect(tokenOf(home, 'pc2')).to.not.equal(tokenOf(home, 'main'));
    expect(tokenOf(join(folder, 'nowhere'), 'main')).to.match(/^[0-9a-f]{16}$/);
  });

  it('finds a process by its token, with its group and its variables, until it has ended', async function () {
    if (process.platform !== 'linux') return this.skip();
    const token = tokenOf(folder, 'main');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("up")'], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, MESH_TOKEN: token, MESH_AGENT: 'echo', MESH_EPOCH: '7' },
    });
    try {
      await once(child.stdout, 'data');
      const found = findProcesses(token);
      expect(found).to.have.length(1);
      expect(found[0]).to.deep.include({ pid: child.pid, pgid: child.pid });
      expect(found[0]?.startTicks).to.be.above(0);
      expect(found[0]?.env).to.deep.include({ MESH_AGENT: 'echo', MESH_EPOCH: '7' });
      expect(findProcesses(tokenOf(folder, 'pc2'))).to.deep.equal([]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    expect(findProcesses(token)).to.deep.equal([]);
    expect(processStat(child.pid ?? 0)).to.equal(undefined);
  });

  it('knows itself by its start time', function () {
    if (process.platform !== 'linux') return this.skip();
    expect(processStat(process.pid)).to.deep.equal(processStat(process.pid));
    expect(processStat(process.pid)?.startTicks).to.be.above(0);
  });
});
