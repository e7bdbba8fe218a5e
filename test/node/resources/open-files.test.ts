import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { openFilesLimit, openFilesWarning } from '../../../agents/node/resources/open-files.js';

describe('the limit of open files', () => {
  it('is read where the system tells it, and unknown elsewhere', function () {
    expect(openFilesLimit('/nonexistent')).to.equal(undefined);
    if (process.platform !== 'linux') this.skip();
    const told = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
    expect(openFilesLimit()).to.equal(told === 'unlimited' ? undefined : Number(told));
  });

  it('is warned of when it is low, and only then', () => {
    expect(openFilesWarning(256)).to.include('256');
    expect(openFilesWarning(65_536)).to.equal(undefined);
  });
});
