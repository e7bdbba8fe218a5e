import { expect } from 'chai';
import { WatchPlan } from '../../../cli/development/watch-plan.js';
import type { AgentSpec, Program } from '../../../common/config/agents/agent-specs.js';
import { loadFleet } from '../../../common/config/fleet-config.js';
import { PACKAGE_ROOT } from '../mesh-process.js';

const HOME = '/fleet';
const [sample] = loadFleet({ home: PACKAGE_ROOT }).main.agents;

function agent(name: string, program: Program, cwd = HOME): AgentSpec {
  if (sample === undefined) throw new Error('the sample fleet has no agents');
  return { ...sample, name, instance: `${name}@main`, program, cwd };
}
const module = (name: string, module: string) =>
  agent(name, {
    kind: 'module',
    module,
    path: module.startsWith('.') ? `${HOME}/${module.slice(2)}` : `/mesh/${module}`,
  });
const command = (name: string, cwd: string, ...argv: string[]) =>
  agent(name, { kind: 'command', argv, attaches: false }, cwd);

describe('what is watched while an agent is written', () => {
  const plan = new WatchPlan(HOME, [
    module('builtin', 'echo'),
    module('greeter', './agents/greeter.js'),
    module('singer', './agents/singer.js'),
    module('second-greeter', './agents/greeter.js'),
    module('alone', './deep/alone/agent.js'),
    module('lying', './lying.js'),
    command('script', `${HOME}/tools`, 'python3', './run.py', '../other.txt', '/etc/passwd'),
  ]);
  const touched = (...paths: string[]) => {
    const { config, agents } = plan.touchedBy(paths.map((path) => `${HOME}/${path}`));
    return {
      config: config.map((path) => path.slice(HOME.length + 1)),
      agents: [...agents.keys()].map(({ name }) => name),
    };
  };

  it('is the configuration, the folders of modules, and single files through their folders', () => {
    expect(plan.roots).to.have.members(
      ['config', 'agents', 'deep/alone', 'tools'].map((path) => `${HOME}/${path}`).concat(HOME),
    );
    expect(plan.agentCount).to.equal(6);
  });

  it('touches the configuration by its own files', () => {
    expect(touched('config/mesh.yaml', 'config/machines/main.yaml', 'ports.json')).to.deep.equal({
      config: ['config/mesh.yaml', 'config/machines/main.yaml', 'ports.json'],
      agents: [],
    });
  });

  it('touches the agents of a module by the module, and all agents of its folder by what lies beside it', () => {
    expect(touched('agents/singer.js').agents).to.deep.equal(['singer']);
    expect(touched('agents/greeter.js').agents).to.deep.equal(['greeter', 'second-greeter']);
    expect(touched('agents/lib/words.js').agents).to.deep.equal(['greeter', 'singer', 'second-greeter']);
    expect(touched('deep/alone/data.json', 'agents/singer.js').agents).to.deep.equal(['alone', 'singer']);
    expect(touched('lying.js').agents).to.deep.equal(['lying']);
  });

  it('touches a foreign program by the files of the fleet that its command line names', () => {
    expect(touched('tools/run.py').agents).to.deep.equal(['script']);
    expect(touched('other.txt').agents).to.deep.equal(['script']);
    expect(plan.touchedBy(['/etc/passwd']).agents.size).to.equal(0);
  });

  it('leaves out what nobody edits, and what the mesh itself writes', () => {
    const ignored = ['data/main/logs/lying.log', 'README.md', 'agents/node_modules/x/y.js', 'agents/.git/HEAD'];
    for (const path of [...ignored, 'agents/greeter.js~', 'agents/4913', 'config/.mesh.yaml.swp', 'tools/other.py']) {
      expect(plan.ignores(`${HOME}/${path}`), path).to.equal(true);
    }
    for (const path of [
      'agents',
      'agents/greeter.js',
      'agents/lib/words.js',
      'config/machines',
      'ports.json',
      'tools/run.py',
    ]) {
      expect(plan.ignores(`${HOME}/${path}`), path).to.equal(false);
    }
    expect(new WatchPlan('/home/me/.fleet', []).ignores('/home/me/.fleet/config/mesh.yaml')).to.equal(false);
  });
});
