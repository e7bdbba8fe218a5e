/** Agents that cannot be started as they are written. Refused before anything starts. */
import { agents, describeRefusals, main } from './refusal-table.js';

describeRefusals('a fleet whose agents are wrong', [
  {
    title: 'a cycle of dependencies',
    change: main(
      ...agents(
        '  a: { module: echo, after: [b] }',
        '  b: { module: echo, after: [c] }',
        '  c: { module: echo, after: [b] }',
      ),
    ),
    says: ['config/machines/main.yaml:3: `after` goes in a circle: b → c → b'],
  },
  {
    title: 'an unknown dependency',
    change: main(
      ...agents(
        '  echo: { module: echo }',
        '  probe:',
        '    module: echo',
        '    after:',
        '      - echo',
        '      - ecoh',
        '      - watcher',
      ),
    ),
    says: [
      'config/machines/main.yaml:7: `probe` starts after `ecoh`, but main has no such agent; did you mean echo?',
      'config/machines/main.yaml:8: `probe` starts after `watcher`, but main has no such agent',
    ],
  },
  {
    title: 'a missing module file',
    change: main(...agents('  echo:', '    module: ./agents/nothing.js')),
    says: ['config/machines/main.yaml:3: the module of `echo` is missing: ./agents/nothing.js'],
    hint: 'looked for {home}/agents/nothing.js',
  },
  {
    title: 'an unknown built-in module',
    change: main(...agents('  echo: { module: ecoh }')),
    says: [
      'config/machines/main.yaml:2: the module of `echo` is missing: there is no built-in agent `ecoh`; did you mean echo?',
    ],
    hint: 'built in: echo, watcher;',
  },
  {
    title: 'a module path outside the two forms',
    change: main(...agents('  echo: { module: agents/own.js }')),
    says: ['config/machines/main.yaml:2: the module of `echo` must be a path that begins with ./: agents/own.js'],
  },
  {
    title: 'unknown references',
    change: main(
      ...agents(
        '  echo:',
        '    module: echo',
        '    config:',
        `      a: \${port:main.regsitry}`,
        `      b: [x, "\${address:pc3}"]`,
        `      c: \${HOME}`,
      ),
    ),
    says: [
      `config/machines/main.yaml:5: unknown reference \${port:main.regsitry}: ports.json has no port main.regsitry; did you mean main.registry?`,
      `config/machines/main.yaml:6: unknown reference \${address:pc3}: there is no machine pc3; did you mean pc2?`,
      `config/machines/main.yaml:7: unknown reference \${HOME}`,
    ],
  },
]);
