import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { nodeFlags } from '../../../agents/node/keeper/node-flags.js';

describe('the flags of a node', () => {
  it('are known to this version of Node', () => {
    expect(execFileSync(process.execPath, [...nodeFlags({}), '-p', '1'], { encoding: 'utf8' }).trim()).to.equal('1');
  });

  it('leave alone what the options of the user decide', () => {
    const flags = nodeFlags({ NODE_OPTIONS: '--max_semi_space_size=32' });
    expect(flags).to.include('--optimize-for-size');
    expect(flags.join(' ')).not.to.contain('semi');
  });
});
