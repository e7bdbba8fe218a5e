/** Programs, probes and policies of agents that contradict themselves, or that this box cannot run. */
import { expect } from 'chai';
import { FleetFolder } from './fleet-folder.js';
import { agents, describeRefusals, main, type RefusalRow } from './refusal-table.js';

const FILE = 'config/machines/main.yaml';
/** A fleet with the agent `a` of these words; each refusal as `line: what`. */
const row = (title: string, lines: readonly string[], says: readonly string[], hint = ''): RefusalRow => ({
  title,
  change: main(...agents('  a:', ...lines.map((line) => `    ${line}`))),
  says: says.map((line) => `${FILE}:${line}`),
  ...(hint === '' ? {} : { hint }),
});

describeRefusals('an agent whose program is wrong', [
  row('neither a module nor a command', ['after: []'], ['2: `agents.a` needs `module` or `command`'], 'as a list'),
  row(
    'a module and a command',
    ['module: echo', 'command: [tool]'],
    ['4: `agents.a` has `module` and `command`: an agent runs one of them'],
  ),
  row(
    'a module that is said to attach',
    ['module: echo', 'attaches: true'],
    ['4: `agents.a.attaches` belongs to a `command`: a module attaches by itself'],
  ),
  row(
    'a program that no folder of PATH has',
    ['command: [pythn3]'],
    ['3: the command of `a` is missing: no folder of PATH has a program pythn3'],
    'PATH is /nowhere:{home}/bin',
  ),
  row(
    'a program that the PATH of the agent does not have',
    ['command: [tool]', 'env: { PATH: /nowhere }'],
    ['3: the command of `a` is missing: no folder of PATH has a program tool'],
    'PATH is /nowhere',
  ),
  row(
    'a program of the fleet folder that is missing',
    ['command: [./bin/none]'],
    ['3: the command of `a` is missing: ./bin/none'],
    'looked for {home}/bin/none',
  ),
  row(
    'a program that may not be run',
    ['command: [./bin/text]'],
    ['3: the command of `a` cannot be run: ./bin/text is not executable'],
    'chmod +x {home}/bin/text',
  ),
  row('a folder for a program', ['command: [/usr]'], ['3: the command of `a` is not a file: /usr']),
  row(
    'a path that begins with neither ./ nor /',
    ['command: [bin/tool]'],
    ['3: the command of `a` is neither a bare name nor a path: bin/tool'],
  ),
  row(
    'hooks and probes that cannot be run',
    ['command: [tool]', 'ready: { exec: [nothing] }', 'hooks:', '  onStop: [./bin/text]'],
    [
      '4: the ready probe of `a` is missing: no folder of PATH has a program nothing',
      '6: the hook onStop of `a` cannot be run: ./bin/text is not executable',
    ],
  ),
  row(
    'a working folder that is none',
    ['command: [tool]', 'cwd: ./bin/text'],
    ['4: the working folder of `a` is not a folder: {home}/bin/text'],
  ),
  row(
    'a working folder that is missing',
    ['command: [tool]', 'cwd: ./data/a'],
    ['4: the working folder of `a` is missing: {home}/data/a'],
    'mkdir -p {home}/data/a',
  ),
  row(
    'a user that this box does not have',
    ['command: [tool]', 'user: nobody-such'],
    ['4: `a` is to run as `nobody-such`, but this box has no such user'],
  ),
  {
    ...row(
      'another user and a higher priority, without being root',
      ['command: [tool]', 'user: daemon', 'nice: -5'],
      [
        '4: `a` is to run as `daemon`: only root can start a process as somebody else',
        '5: `a` is to have nice -5, and whoever starts it has 0: only root can go lower',
      ],
    ),
    uid: 54_321,
  },
]);

describeRefusals('an agent whose probes are wrong', [
  row(
    'a probe that asks nothing',
    ['command: [tool]', 'ready: { intervalMs: 50 }'],
    ['4: `agents.a.ready` asks nothing'],
  ),
  row(
    'a probe that asks two things',
    ['command: [tool]', 'ready:', '  tcp: 127.0.0.1:80', '  log: up'],
    ['6: `agents.a.ready` has tcp and log: a probe asks one thing'],
  ),
  row(
    'a line of output as a sign of life',
    ['command: [tool]', 'alive: { log: up }'],
    ['4: `agents.a.alive.log`: a line of output shows that a program became ready, not that it still is'],
  ),
  ...['8080', 'localhost:', ':80', '127.0.0.1:0', '127.0.0.1:65536', '::1:80', '0.0.0.0:80', '[::1:80', 'a:b'].map(
    (tcp) =>
      row(
        `the address ${tcp}`,
        ['command: [tool]', `ready: { tcp: "${tcp}" }`],
        [`4: \`agents.a.ready.tcp\` must be host:port, not ${tcp}`],
      ),
  ),
  ...['127.0.0.1:80', 'ftp://x/', 'http://', '/health'].map((url) =>
    row(
      `the URL ${url}`,
      ['command: [tool]', `alive: { http: "${url}" }`],
      [`4: \`agents.a.alive.http\` must be an http or https URL, not ${url}`],
    ),
  ),
  row(
    'a pattern that is none',
    ['command: [tool]', 'ready: { log: "listening (" }'],
    ['4: `agents.a.ready.log` is no regular expression: Invalid regular expression: /listening (/: Unterminated group'],
  ),
  row(
    'a probe of what speaks for itself',
    ['module: echo', 'ready: { log: up }'],
    ['4: `agents.a.ready` is for a program that does not speak to its node, and `a` does'],
  ),
  row(
    'a probe of a command that attaches',
    ['command: [tool]', 'attaches: true', 'alive: { tcp: 127.0.0.1:80 }'],
    ['5: `agents.a.alive` is for a program that does not speak to its node, and `a` does'],
  ),
  row(
    'an unknown port in what is run',
    [
      `command: [tool, "--port=\${port:main.agents.a}"]`,
      `cwd: "\${address:pc4}"`,
      `ready: { http: "http://127.0.0.1:\${port:main.nod}" }`,
      'hooks:',
      `  onStart: [tool, "\${HOME}"]`,
    ],
    [
      `3: unknown reference \${port:main.agents.a}: ports.json has no port main.agents.a`,
      `4: unknown reference \${address:pc4}: there is no machine pc4; did you mean pc2?`,
      `5: unknown reference \${port:main.nod}: ports.json has no port main.nod; did you mean main.node?`,
      `7: unknown reference \${HOME}`,
      `4: the working folder of \`a\` is missing: {home}/\${address:pc4}`,
    ],
  ),
]);

describeRefusals('an agent whose policy is wrong', [
  row(
    'waits that shrink',
    ['module: echo', 'restart: { firstMs: 5000, maxMs: 1000 }'],
    ['4: `agents.a.restart` waits 5000 ms after the first crash, but at most 1000 ms'],
  ),
  row(
    'a first wait beyond the default of the longest',
    ['module: echo', 'restart: { firstMs: 60000 }'],
    ['4: `agents.a.restart` waits 60000 ms after the first crash, but at most 30000 ms'],
  ),
  row(
    'a hang that is shorter than any silence',
    ['module: echo', 'limits: { hangMs: 1000 }'],
    ['4: `agents.a.limits.hangMs` is 1000, less than the 3500 ms of silence after which an agent counts as busy'],
  ),
  row(
    'a hang that nothing would show',
    ['command: [tool]', 'limits: { hangMs: 60000 }'],
    ['4: `agents.a.limits.hangMs` needs an `alive` probe: nothing else shows whether this program hangs'],
  ),
  {
    title: 'the end of an agent that is started again whenever it ends',
    change: main(
      ...agents(
        '  a: { module: echo, after: { b: completed, c: completed, d: completed } }',
        '  b: { module: echo }',
        '  c: { module: echo, restart: { policy: always } }',
        '  d: { module: echo, restart: on-failure }',
      ),
    ),
    says: ['b', 'c'].map(
      (name) =>
        `${FILE}:2: \`a\` starts when \`${name}\` has completed, but that one is started again whenever it ends`,
    ),
  },
  {
    title: 'a circle of conditions, at the line of the condition',
    change: main(
      ...agents(
        '  a:',
        '    module: echo',
        '    after:',
        '      b: started',
        '  b: { module: echo, after: { a: ready } }',
      ),
    ),
    says: [`${FILE}:5: \`after\` goes in a circle: a → b → a`],
  },
  {
    title: 'an unknown name among the conditions, at its line',
    change: main(...agents('  a:', '    module: echo', '    after:', '      b: started', '  bb: { module: echo }')),
    says: [`${FILE}:5: \`a\` starts after \`b\`, but main has no such agent; did you mean bb?`],
  },
  {
    title: 'logs that are larger than all logs together',
    change: main('logs:', '  totalMiB: 8', '  rotateMiB: 9', 'agents: {}'),
    says: [`${FILE}:3: a log of main may grow to 9 MiB, and all its logs together to 8 MiB`],
  },
  {
    title: 'backups that are never made, at their line',
    change: main('journal:', '  backup:', '    everyHours: 0', 'agents: {}'),
    says: [`${FILE}:3: \`journal.backup.everyHours\` must be >= 1, not 0`],
  },
]);

describe('an agent that runs a program', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());

  it('has its references replaced by text, in all that is run and asked', () => {
    fleet.write(
      FILE,
      'agents:',
      '  a:',
      `    command: [tool, "\${port:main.node}", "$\${x}"]`,
      `    ready: { tcp: "[::1]:\${port:main.log}" }`,
      `    alive: { file: state/alive }`,
      '    cwd: ./bin',
      '    required: true',
      '    restart: never',
      '    after: { b: started }',
      '    hooks: { onReady: [./bin/tool, a], timeoutMs: 7 }',
      '    limits: { memoryMiB: 2, hangMs: 10 }',
      '  b: { module: echo }',
    );
    const spec = fleet.load().main.agents[1];
    expect(spec?.program).to.deep.equal({ kind: 'command', argv: ['tool', '7400', `\${x}`], attaches: false });
    expect(spec?.ready?.check).to.deep.equal({ kind: 'tcp', host: '::1', port: 7402 });
    expect(spec?.alive?.check).to.deep.equal({ kind: 'file', path: `${fleet.home}/bin/state/alive` });
    expect(spec).to.deep.include({
      cwd: `${fleet.home}/bin`,
      required: true,
      after: [{ agent: 'b', condition: 'started' }],
      hooks: { onReady: ['./bin/tool', 'a'] },
      hookTimeoutMs: 7,
      limits: { memoryBytes: 2_097_152, hangMs: 10 },
    });
    expect(spec?.restart.policy).to.equal('never');
  });

  it('may be asked about where its program is not', () => {
    fleet.write(FILE, ...agents('  a: { command: [nothing], cwd: ./gone, user: nobody-such }'));
    expect(fleet.look().main.agents).to.have.length(1);
  });
});
