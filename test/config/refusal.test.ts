/** How the faults of a fleet are told: all at once, bounded, as text and as data. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { FleetFolder, issuesOf } from './fleet-folder.js';

const KEYS =
  'module, command, attaches, after, required, restart, ready, alive, hooks, limits, cwd, user, nice, telemetry, config, env, inheritEnv, readyTimeoutMs, stopGraceMs';

describe('the refusal of a fleet', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());

  it('hands out each fault with file, line, message and hint', () => {
    fleet.write('config/machines/main.yaml', 'agents:', '  echo: { modul: echo }');
    expect(issuesOf(fleet.refusal())).to.deep.equal([
      {
        file: 'config/machines/main.yaml',
        line: 2,
        message: 'unknown key `modul`; did you mean module?',
        hint: `known keys: ${KEYS}`,
      },
    ]);
  });

  it('names the faults of all files at once', () => {
    fleet.write(
      'config/mesh.yaml',
      'mesh: test',
      'sekurity: insecure',
      'machines:',
      '  main: { role: main, address: 127.0.0.1 }',
    );
    fleet.write('config/machines/main.yaml', 'agents: 5');
    fleet.write('ports.json', '[]');
    expect(fleet.refusal().message.split('\n')).to.deep.equal([
      'config/machines/pc2.yaml: belongs to no machine of config/mesh.yaml',
      'config/mesh.yaml:2: unknown key `sekurity`; did you mean security?',
      'ports.json:1: the file must be a map, not a list',
      'config/machines/main.yaml:1: `agents` must be a map, not 5',
    ]);
  });

  it('lists a bounded number of faults and counts the others', () => {
    const count = limits.configIssuesMax + 7;
    fleet.write(
      'config/machines/main.yaml',
      'agents:',
      ...Array.from({ length: count }, (_, n) => `  a${n}: { module: none }`),
    );
    const error = fleet.refusal();
    expect(error.message.split('\n')).to.have.length(limits.configIssuesMax + 1);
    expect(error.message.split('\n').at(-1)).to.equal('… and 7 more');
    expect(issuesOf(error)).to.have.length(limits.configIssuesMax);
    expect(error.details?.['issueCount']).to.equal(count);
  });

  it('says CONFIG_INVALID when there is more to correct than the security', () => {
    fleet.write(
      'config/mesh.yaml',
      'mesh: test',
      'machines:',
      '  main: { role: main, address: 127.0.0.1, listen: 0.0.0.0 }',
      '  pc2: { role: secondary, address: 127.0.0.2 }',
    );
    expect(fleet.refusal().message).to.contain('used twice');
    expect(fleet.refusal().code).to.equal('CONFIG_INVALID');
  });
});
