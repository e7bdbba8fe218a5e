import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { nodeFlags } from '../../agents/node/node-flags.js';

describe('the flags of a node', () => {
  it('are known to this version of Node', () => {
    expect(execFileSync(process.execPath, [...nodeFlags({}), '-p', '1'], { encoding: 'utf8' }).trim()).to.equal('1');
  });

  it('leave alone what the options of the user decide', () => {
    expect(nodeFlags({ NODE_OPTIONS: '--max_semi_space_size=32' })).to.deep.equal(['--optimize-for-size']);
  });
});
