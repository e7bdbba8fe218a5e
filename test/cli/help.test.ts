import { expect } from 'chai';
import { helpOf } from '../../cli/command/command-line.js';
import { commandIndex, groupSummaries } from '../../cli/command-index.js';
import { runMesh } from './mesh-process.js';

describe('mesh --help', () => {
  it('opens with examples and lists every command', async () => {
    const { code, stdout, stderr } = await runMesh(['--help']);
    expect(code).to.equal(0);
    expect(stderr).to.equal('');
    expect(stdout.indexOf('Examples:')).to.be.below(stdout.indexOf('Commands:'));
    for (const { path, summary } of commandIndex) expect(stdout).to.match(new RegExp(`^  ${path} +${summary}$`, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(120);
  });

  it('is also what `mesh` alone and `mesh help` print', async () => {
    const [long, alone, word] = await Promise.all([runMesh(['--help']), runMesh([]), runMesh(['help'])]);
    expect(alone).to.deep.equal(long);
    expect(word).to.deep.equal(long);
  });

  it('prints the version of the package', async () => {
    const { code, stdout } = await runMesh(['--version']);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  for (const group of Object.keys(groupSummaries)) {
    it(`lists the commands of ${group}`, async () => {
      const { code, stdout } = await runMesh([group, '--help']);
      expect(code).to.equal(0);
      for (const { path } of commandIndex.filter((one) => one.path.startsWith(`${group} `))) {
        expect(stdout).to.contain(`  ${path}`);
      }
    });
  }

  for (const { path, summary, load } of commandIndex) {
    it(`is the manual of mesh ${path}`, async () => {
      const { command } = await load();
      const help = helpOf(path, summary, command);
      expect(help.split('\n').slice(0, 3)).to.deep.equal([`mesh ${path}: ${summary}`, '', 'Examples:']);
      expect(command.examples).to.not.have.length(0);
      for (const { line } of command.examples) {
        expect(line).to.contain(`mesh ${path}`);
        expect(help).to.contain(line);
      }
      for (const { flags } of command.options ?? []) expect(help).to.contain(`  ${flags}`);
    });
  }

  it('is printed by a command whatever else stands on its line', async () => {
    const { code, stdout } = await runMesh(['call', '--json', '--help']);
    expect(code).to.equal(0);
    expect(stdout).to.contain('mesh call: ask an agent');
  });
});
