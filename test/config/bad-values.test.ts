/** Keys and values that the schemas refuse. Refused before anything starts. */
import { agents, describeRefusals, MAIN_PORTS, main, mesh, PC2_PORTS, ports } from './refusal-table.js';

describeRefusals('a fleet with a wrong key or value', [
  {
    title: 'an unknown key of an agent',
    change: main(...agents('  echo:', '    module: echo', '    aftre: []')),
    says: ['config/machines/main.yaml:4: unknown key `aftre`; did you mean after?'],
    hint: 'known keys: module, command, attaches, after, required, restart, ready, alive, hooks, limits,',
  },
  {
    title: 'a mistyped required key, as one fault and not as two',
    change: main('# agents of main', 'agnets:', '  echo: { module: echo }'),
    says: ['config/machines/main.yaml:2: unknown key `agnets`; did you mean agents?'],
  },
  {
    title: 'values of which each kind of a choice is wrong in its own way',
    change: main(
      ...agents(
        '  a: { module: echo, after: [b, 5] }',
        '  b: { module: echo, after: { a: redy }, restart: allways }',
        '  c: { module: echo, after: { a: ready, B: ready }, restart: { polcy: never } }',
        '  d: { module: echo, after: null, restart: 5 }',
      ),
    ),
    says: [
      'config/machines/main.yaml:2: `agents.a.after.1` must be text, not 5',
      'config/machines/main.yaml:3: `agents.b.after.a` must be started or ready or completed, not redy; did you mean ready?',
      'config/machines/main.yaml:3: `agents.b.restart` must be always or on-failure or never, not allways; did you mean always?',
      'config/machines/main.yaml:4: `B` is not a valid name here',
      'config/machines/main.yaml:4: unknown key `polcy`; did you mean policy?',
      'config/machines/main.yaml:5: `agents.d.after` must be a list of names or a map of name to started, ready or completed, not empty',
      'config/machines/main.yaml:5: `agents.d.restart` must be always, on-failure, never or a map with a policy and its times, not 5',
    ],
  },
  {
    title: 'values of the wrong type',
    change: main(...agents('  echo:', '    module: 5', '    after: echo', '    stopGraceMs: soon')),
    says: [
      'config/machines/main.yaml:3: `agents.echo.module` must be text, not 5',
      'config/machines/main.yaml:4: `agents.echo.after` must be a list of names or a map of name to started, ready or completed, not the text "echo"',
      'config/machines/main.yaml:5: `agents.echo.stopGraceMs` must be a whole number, not the text "soon"',
    ],
  },
  {
    title: 'a variable that is a number, or the node’s own',
    change: main(...agents('  echo:', '    module: echo', '    env:', '      PORT: 8080', '      MESH_HOME: /x')),
    says: [
      'config/machines/main.yaml:6: `MESH_HOME` is not a valid name here',
      'config/machines/main.yaml:5: `agents.echo.env.PORT` must be text, not 8080',
    ],
  },
  {
    title: 'a name that is not one',
    change: main(...agents('  Echo_1: { module: echo }')),
    says: ['config/machines/main.yaml:2: `Echo_1` is not a valid name here'],
    hint: 'lower-case letters',
  },
  {
    title: 'an agent named like a part of the mesh',
    change: main(...agents('  broker: { module: echo }')),
    says: ['config/machines/main.yaml:2: `broker` is a part of the mesh itself'],
  },
  {
    title: 'an unknown role',
    change: mesh(
      'mesh: test',
      'machines:',
      '  main: { role: mian, address: 127.0.0.1 }',
      '  pc2: { role: secondary, address: 127.0.0.2 }',
    ),
    says: ['config/mesh.yaml:3: `machines.main.role` must be main or secondary, not mian; did you mean main?'],
  },
  {
    title: 'another security than the one there is',
    change: mesh(
      'mesh: test',
      'security: off',
      'machines:',
      '  main: { role: main, address: 127.0.0.1 }',
      '  pc2: { role: secondary, address: 127.0.0.2 }',
    ),
    says: ['config/mesh.yaml:2: `security` must be insecure, not off'],
  },
  {
    title: 'a port out of range',
    change: ports('{', MAIN_PORTS.replace('7400', '70000'), ',', PC2_PORTS, '}'),
    says: ['ports.json:2: `main.node` must be <= 65535, not 70000'],
  },
]);
