/** Machines and ports that contradict each other. Refused before anything starts. */
import { describeRefusals, MAIN_PORTS, mesh, PC2_PORTS, ports } from './refusal-table.js';

describeRefusals('a fleet whose machines or ports are wrong', [
  {
    title: 'no main machine',
    change: (fleet) => {
      mesh('mesh: test', 'machines:', '  pc2: { role: secondary, address: 127.0.0.2 }')(fleet);
      fleet.remove('config/machines/main.yaml');
      fleet.write('ports.json', '{', PC2_PORTS, '}');
    },
    says: ['config/mesh.yaml:2: no machine has the role main'],
  },
  {
    title: 'two main machines',
    change: (fleet) => {
      mesh(
        'mesh: test',
        'machines:',
        '  main: { role: main, address: 127.0.0.1 }',
        '  pc2:',
        '    address: 127.0.0.2',
        '    role: main',
      )(fleet);
      fleet.write('ports.json', '{', MAIN_PORTS, ',', MAIN_PORTS.replace('main', 'pc2'), '}');
    },
    says: ['config/mesh.yaml:6: main and pc2 both have the role main'],
  },
  {
    title: 'an address that nobody can connect to',
    change: mesh(
      'mesh: test',
      'machines:',
      '  main: { role: main, address: 127.0.0.300 }',
      '  pc2: { role: secondary, address: 0.0.0.0 }',
    ),
    code: 'CONFIG_INVALID',
    says: [
      'config/mesh.yaml:3: the address of `main` is none that others can connect to: 127.0.0.300',
      'config/mesh.yaml:4: the address of `pc2` is none that others can connect to: 0.0.0.0',
      'config/mesh.yaml:4: `pc2` would listen on 0.0.0.0, beyond loopback and without encryption',
    ],
  },
  {
    title: 'a host name to listen on',
    change: mesh(
      'mesh: test',
      'machines:',
      '  main: { role: main, address: main.example }',
      '  pc2: { role: secondary, address: 127.0.0.2 }',
    ),
    says: ['config/mesh.yaml:3: `main` cannot listen on main.example: it is not an IP address'],
    hint: 'add `listen`',
  },
  {
    title: 'listening beyond loopback',
    change: mesh(
      'mesh: test',
      'machines:',
      '  main:',
      '    role: main',
      '    address: 127.0.0.1',
      '    listen: 0.0.0.0',
      '  pc2: { role: secondary, address: 192.168.1.20 }',
    ),
    code: 'INSECURE',
    says: [
      'config/mesh.yaml:6: `main` would listen on 0.0.0.0, beyond loopback and without encryption',
      'config/mesh.yaml:7: `pc2` would listen on 192.168.1.20, beyond loopback and without encryption',
    ],
    hint: 'write `security: insecure` into config/mesh.yaml',
  },

  {
    title: 'no ports for a machine',
    change: ports('{', MAIN_PORTS, '}'),
    says: ['ports.json:1: there are no ports for machine `pc2`'],
    hint: 'add "pc2"',
  },
  {
    title: 'a missing port',
    change: ports(
      '{',
      '"main": { "node": 7400, "log": 7402, "publish": 7403, "subscribe": 7404, "broker": 7405 },',
      PC2_PORTS,
      '}',
    ),
    says: ['ports.json:2: machine `main` has the role main and needs a port `registry`'],
    hint: 'add it',
  },
  {
    title: 'a mistyped port',
    change: ports(
      '{',
      MAIN_PORTS,
      ',',
      '"pc2": { "node": 7400, "publish": 7403,',
      '"subscrbe": 7404, "broker": 7405 }',
      '}',
    ),
    says: ['ports.json:5: unknown key `subscrbe`; did you mean subscribe?'],
  },
  {
    title: 'a registry port where there is no registry',
    change: ports('{', MAIN_PORTS, ',', PC2_PORTS.replace('"broker"', '\n"registry": 7409, "broker"'), '}'),
    says: ['ports.json:5: machine `pc2` has no registry: only the main machine does'],
  },
  {
    title: 'a port used twice on one machine',
    change: ports('{', MAIN_PORTS.replace('7404', '\n7401'), ',', PC2_PORTS, '}'),
    says: ['ports.json:2: port 7401 is used twice on 127.0.0.1: main.registry and main.subscribe'],
    hint: 'main.registry has it on line 2',
  },
  {
    title: 'a port used twice on an address that two machines share',
    change: (fleet) => {
      mesh(
        'mesh: test',
        'machines:',
        '  main: { role: main, address: 127.0.0.1 }',
        '  pc2: { role: secondary, address: 127.0.0.1 }',
      )(fleet);
      fleet.write(
        'ports.json',
        '{',
        MAIN_PORTS,
        ',',
        '"pc2": { "node": 7500, "publish": 7501, "subscribe": 7502,',
        '"broker": 7402 }',
        '}',
      );
    },
    says: ['ports.json:5: port 7402 is used twice on 127.0.0.1: main.log and pc2.broker'],
  },
  {
    title: 'a port that a wildcard of the same box takes',
    change: (fleet) => {
      mesh(
        'mesh: test',
        'security: insecure',
        'machines:',
        '  main: { role: main, address: 127.0.0.1, listen: 0.0.0.0 }',
        '  pc2: { role: secondary, address: 127.0.0.2 }',
      )(fleet);
      fleet.write(
        'ports.json',
        '{',
        MAIN_PORTS,
        ',',
        '"pc2": { "node": 7400, "publish": 7501, "subscribe": 7502, "broker": 7503 }',
        '}',
      );
    },
    says: ['ports.json:4: port 7400 is used twice on 127.0.0.2: main.node and pc2.node'],
  },
  {
    title: 'ports of an unknown machine and of an unknown agent',
    change: ports(
      '{',
      MAIN_PORTS.replace('7405', '7405, "agents": {\n"ehco": 7410 }'),
      ',',
      PC2_PORTS,
      ',',
      PC2_PORTS.replace('pc2', 'pc22'),
      '}',
    ),
    says: [
      'ports.json:3: machine `main` has no agent `ehco`; did you mean echo?',
      'ports.json:7: there is no machine `pc22`; did you mean pc2?',
    ],
  },
]);
