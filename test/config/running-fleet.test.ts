/** A configuration with mistakes, while the fleet that was started from it runs: it is asked all the same. */
import { expect } from 'chai';
import { loadRunningFleet } from '../../common/config/fleet-config.js';
import { FleetFolder, refusalOf } from './fleet-folder.js';

describe('the configuration for a question about what runs', () => {
  let folder: FleetFolder;
  beforeEach(() => {
    folder = new FleetFolder();
  });
  afterEach(() => folder.close());
  const load = () => loadRunningFleet({ home: folder.home, builtinModules: folder.builtinModules });

  it('is the whole one, and has no fault, when there is none', () => {
    const { fleet, fault } = load();
    expect(fault).to.equal(undefined);
    expect(fleet).to.deep.equal(folder.look());
  });

  for (const [what, file, text] of [
    ['an agent with a fault', 'config/machines/pc2.yaml', 'agents: { watcher: { module: watcher, after: [nobody] } }'],
    ['a machine file that is no machine', 'config/machines/pc2.yaml', 'agents: 7'],
    ['a machine file that is not even YAML', 'config/machines/main.yaml', 'agents: { echo: ['],
    ['a rule with a fault', 'config/policies.yaml', '- match: { service: echo }\n  timeout: 5'],
  ] as const) {
    it(`knows where every machine is, and the fault, with ${what}`, () => {
      const whole = folder.look();
      folder.write(file, text);
      const { fleet, fault } = load();
      expect(fault).to.include({ code: 'CONFIG_INVALID' });
      expect(fault?.message).to.contain(file);
      expect([...fleet.machines.keys()]).to.deep.equal([...whole.machines.keys()]);
      for (const { name, endpoints } of whole.machines.values())
        expect(fleet.machines.get(name)?.endpoints).to.deep.equal(endpoints);
      expect(
        refusalOf(() => folder.look()),
        'who starts something is refused',
      ).to.include({ code: 'CONFIG_INVALID' });
    });
  }

  it('is refused when a fault leaves open where the machines are', () => {
    folder.write('ports.json', '{ "main": {} }');
    expect(refusalOf(load)).to.include({ code: 'CONFIG_INVALID' });
    folder.write('config/mesh.yaml', 'mesh: test');
    expect(refusalOf(load)).to.include({ code: 'CONFIG_INVALID' });
  });
});
