import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { commandIndex } from '../../cli/command-index.js';
import { runMesh } from './mesh-process.js';
import { useSampleFleet } from './sample-fleet.js';

describe('shell completion', () => {
  const fleet = useSampleFleet();

  const offers = async (...words: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await runMesh(['complete', '--', ...words], { cwd: fleet().home });
    expect(code).to.equal(0);
    expect(stderr).to.equal('');
    return stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(':'))
      .map((line) => line.split('\t')[0] ?? '');
  };

  it('prints a script for each shell, which bash accepts', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await runMesh(['completion', shell]);
      expect(code).to.equal(0);
      expect(stdout).to.contain('mesh complete --');
      if (shell === 'bash') execFileSync('bash', ['-n'], { input: stdout });
    }
  });

  it('offers commands, and those of a group', async () => {
    const words = new Set(commandIndex.map(({ path }) => path.split(' ')[0]));
    expect(new Set(await offers(''))).to.deep.equal(words);
    expect(await offers('regi')).to.deep.equal(['registry']);
    expect(await offers('registry', '')).to.deep.equal(['ls', 'show', 'find', 'watch']);
  });

  it('offers the options of a command with their choices', async () => {
    expect(await offers('registry', 'find', '--')).to.include.members(['--capability', '--state', '--json']);
    expect(await offers('registry', 'find', '--state', '')).to.include.members(['ready', 'busy']);
  });

  it('offers the agents and machines of the fleet, and nothing where there is none', async () => {
    expect(await offers('logs', 'log')).to.deep.equal(['log-watcher', 'log-watcher@pc2']);
    expect(await offers('up', '')).to.deep.equal(['main', 'pc2']);
    fleet().write('config/mesh.yaml', 'nothing');
    expect(await offers('up', '')).to.deep.equal([]);
  });
});
