/** A fleet whose files cannot be read or do not belong together. Refused before anything starts. */
import { agents, describeRefusals, main, overlay, ports } from './refusal-table.js';

describeRefusals('a fleet whose files are wrong', [
  {
    title: 'a folder that is no fleet',
    change: (fleet) => fleet.remove('config'),
    says: ['config/mesh.yaml: does not exist in {home}'],
    hint: 'mesh init',
  },
  {
    title: 'ports.json is missing',
    change: (fleet) => fleet.remove('ports.json'),
    says: ['ports.json: does not exist'],
    hint: 'create {home}/ports.json',
  },
  {
    title: 'a machine without a file',
    change: (fleet) => fleet.remove('config/machines/pc2.yaml'),
    says: ['config/machines/pc2.yaml: does not exist'],
    hint: 'agents: {}',
  },
  {
    title: 'a file with the wrong ending',
    change: (fleet) => fleet.write('config/machines/pc2.yml', 'agents: {}'),
    says: ['config/machines/pc2.yml: is not read: its name must end in .yaml'],
    hint: 'rename it to pc2.yaml',
  },
  {
    title: 'a file of no machine',
    change: (fleet) => fleet.write('config/machines/pc3.yaml', 'agents: {}'),
    says: ['config/machines/pc3.yaml: belongs to no machine of config/mesh.yaml; did you mean pc2?'],
    hint: 'add pc3',
  },
  {
    title: 'a folder in place of a file',
    change: (fleet) => {
      fleet.remove('ports.json');
      fleet.write('ports.json/x', '');
    },
    says: ['ports.json: is not a file'],
  },
  {
    title: 'invalid YAML',
    change: main('agents:', '  echo:', '    module: echo', '   after: []'),
    says: ['config/machines/main.yaml:4:1: All mapping items must start at the same column'],
    hint: 'same indentation',
  },
  {
    title: 'invalid JSON',
    change: ports('{', '  "main": {', '  "node": 1'),
    says: ['ports.json:3:12: Flow map in block collection must be sufficiently indented and end with a }'],
  },
  {
    title: 'a duplicate agent name',
    change: main(...agents('  echo: { module: echo }', '  other: { module: echo }', '  echo: { module: watcher }')),
    says: ['config/machines/main.yaml:4:3: `echo` is there twice; first on line 2'],
    hint: 'rename one',
  },

  {
    title: 'an environment without a file',
    change: overlay('mesh: { mesh: other }'),
    env: 'stagign',
    says: ['config/environments/stagign.yaml: does not exist, but the environment is `stagign`; did you mean staging?'],
    hint: 'set MESH_ENV to one of: staging',
  },
  {
    title: 'an unknown level in an overlay',
    change: overlay('mesh: {}', 'machnes: {}'),
    env: 'staging',
    says: ['config/environments/staging.yaml:2: unknown key `machnes`; did you mean machines?'],
  },
  {
    title: 'a key that is unknown where the overlay lays it',
    change: overlay('machines:', '  main:', '    agents:', '      echo:', '        confg: {}'),
    env: 'staging',
    says: ['config/environments/staging.yaml:5: unknown key `confg`; did you mean config?'],
  },
  {
    title: 'an overlay for an unknown machine',
    change: overlay('machines:', '  pc3:', '    agents: {}'),
    env: 'staging',
    says: ['config/environments/staging.yaml:2: there is no machine `pc3` in config/mesh.yaml; did you mean pc2?'],
  },
  {
    title: 'a deletion of what is not there',
    change: overlay('machines:', '  main:', '    agents:', '      ehco: null'),
    env: 'staging',
    says: [
      'config/environments/staging.yaml:4: `agents.ehco` is deleted here, but no file below has it; did you mean echo?',
    ],
  },
]);
