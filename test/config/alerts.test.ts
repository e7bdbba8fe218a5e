/** The alerts of a fleet: what rules and routes come to, who carries them out, and what is refused in them. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { FleetFolder } from './fleet-folder.js';
import { describeRefusals, main, overlay } from './refusal-table.js';

const alerts =
  (...lines: string[]) =>
  (fleet: FleetFolder) => {
    fleet.write('built-in/alerter/agent.js', '');
    fleet.write('config/alerts.yaml', ...lines);
  };
const LOG = 'routes: { log: { log: true } }';

describe('the alerts of a fleet', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());
  const agentsOf = (machine: string) =>
    fleet
      .load()
      .machines.get(machine)
      ?.agents.map(({ name }) => name);

  it('are none without a file, with an empty one and without rules, and then nobody runs for them', () => {
    expect(fleet.load().alerts.rules).to.deep.equal([]);
    alerts('# nothing yet')(fleet);
    expect(fleet.load().alerts.rules).to.deep.equal([]);
    alerts(LOG)(fleet);
    expect(fleet.load().alerts.routes).to.deep.equal([{ name: 'log', kind: 'log' }]);
    expect(agentsOf('main')).to.deep.equal(['echo']);
  });

  it('are rules with numbers and defaults, and routes in full', () => {
    alerts(
      'routes:',
      '  on-call:',
      '    webhook: { url: "https://hooks.example.com/x", headers: { authorization: { env: HOOK_TOKEN } } }',
      '    timeout: 5s',
      '  pager: { command: [./bin/page, night], env: [PAGER_KEY] }',
      'rules:',
      '  new-errors: { when: new-group, routes: [on-call] }',
      '  bursts:',
      '    when: { rate: { count: 100, window: 1m } }',
      '    match: { severity: error, agent: "ec*" }',
      '    routes: [on-call, pager]',
      '    throttle: 1h',
      '    recovery: false',
      '  gone: { when: { machine-unreachable: { for: 90s } }, match: { machine: pc2 }, routes: [pager], quiet: 1m }',
    )(fleet);
    const { rules, routes, origins } = fleet.load().alerts;
    const { alertThrottleMs: throttleMs, alertQuietMs: quietMs, alertTimeoutMs: timeoutMs } = limits;
    expect(rules).to.deep.equal([
      {
        name: 'new-errors',
        when: { kind: 'new-group' },
        match: {},
        routes: ['on-call'],
        throttleMs,
        quietMs,
        recovery: true,
      },
      {
        name: 'bursts',
        when: { kind: 'rate', count: 100, windowMs: 60_000 },
        match: { severity: 'error', agent: 'ec*' },
        routes: ['on-call', 'pager'],
        throttleMs: 3_600_000,
        quietMs: 60_000,
        recovery: false,
      },
      {
        name: 'gone',
        when: { kind: 'machine-unreachable', forMs: 90_000 },
        match: { machine: 'pc2' },
        routes: ['pager'],
        throttleMs,
        quietMs: 60_000,
        recovery: true,
      },
    ]);
    expect(routes).to.deep.equal([
      {
        name: 'on-call',
        kind: 'webhook',
        url: 'https://hooks.example.com/x',
        headers: { authorization: { env: 'HOOK_TOKEN' } },
        allowPrivate: false,
        timeoutMs: 5_000,
      },
      { name: 'pager', kind: 'command', argv: ['./bin/page', 'night'], env: ['PAGER_KEY'], timeoutMs },
    ]);
    expect([...origins].map(([name, { line }]) => `${name} ${line}`)).to.deep.equal([
      ...['on-call 2', 'pager 5', 'new-errors 7', 'bursts 8', 'gone 14'],
    ]);
  });

  it('are carried out by an agent of main that nobody declares, which sees the variables that its routes name', () => {
    alerts(
      'routes: { pager: { command: [page], env: [A, B] }, hook: { webhook: { url: { env: B } } } }',
      'rules: { down: { when: machine-unreachable, routes: [pager, hook] } }',
    )(fleet);
    const { machines, alerts: resolved } = fleet.load();
    const alerter = machines.get('main')?.agents.find(({ name }) => name === 'alerter');
    expect(alerter).to.deep.include({ instance: 'alerter@main', inheritEnv: ['A', 'B'], wave: 0 });
    expect(alerter?.config).to.deep.equal({
      rules: resolved.rules,
      routes: resolved.routes,
      machines: ['main', 'pc2'],
      errorRules: [],
    });
    expect(machines.get('main')?.waves).to.deep.equal([['echo', 'alerter']]);
    expect(agentsOf('pc2')).to.deep.equal(['watcher']);
  });

  it('are laid over by those of the environment, name by name', () => {
    alerts(LOG, 'rules:', '  a: { when: quarantine, routes: [log] }', '  b: { when: new-group, routes: [log] }')(fleet);
    overlay('alerts:', '  rules: { b: null, a: { throttle: 5m } }')(fleet);
    const { rules } = fleet.load('staging').alerts;
    expect(rules.map(({ name, throttleMs }) => [name, throttleMs])).to.deep.equal([['a', 300_000]]);
    overlay('alerts: null')(fleet);
    expect(fleet.load('staging').alerts.rules).to.deep.equal([]);
  });
});

const file = 'config/alerts.yaml';
const row = (title: string, lines: readonly string[], says: readonly string[], hint?: string) => ({
  title,
  change: alerts(...lines),
  says: says.map((line) => `${file}${line}`),
  ...(hint === undefined ? {} : { hint }),
});
const rule = (title: string, text: string, says: readonly string[], hint?: string) =>
  row(title, [LOG, 'rules:', `  a: { routes: [log], ${text} }`], says, hint);
const route = (title: string, text: string, says: readonly string[], hint?: string) =>
  row(title, ['routes:', `  hook: { ${text} }`], says, hint);
const url = (text: string, says: string, hint: string) =>
  route(text, `webhook: { url: "${text}" }`, [`:2: \`webhook.url\` ${says}`], hint);

describeRefusals('alerts', [
  row('a list', ['- a'], [':1: the file must be a map, not a list']),
  row('an unknown part', ['route: {}'], [':1: unknown key `route`; did you mean routes?']),
  row(
    'a rule without a condition',
    [LOG, 'rules:', '  a: { routes: [log] }'],
    [':3: the rule `a` needs `when`'],
    'add it',
  ),
  row(
    'a route that is not there',
    [LOG, 'rules:', '  a:', '    when: new-group', '    routes: [log, lgo]'],
    [':5: there is no route `lgo`; did you mean log?'],
    'routes: log',
  ),
  row(
    'one name for a route and a rule',
    [LOG, 'rules:', '  log: { when: new-group, routes: [log] }'],
    [':3: `log` is a route and a rule: "mesh alert test log" could mean either'],
  ),
  rule('a condition that is none', 'when: new-gruop', [
    ':3: `when` must be new-group or regression or machine-unreachable or quarantine or journal-degraded, not new-gruop; did you mean new-group?',
  ]),
  rule('a rate without its numbers', 'when: rate', [
    ':3: `when` must be new-group or regression or machine-unreachable or quarantine or journal-degraded, not rate',
  ]),
  rule('a condition of two', 'when: { rate: { count: 1, window: 1s }, severity: { at-least: error } }', [
    ':3: `when` says several things',
  ]),
  rule('a mistyped condition', 'when: { rte: { count: 1, window: 1s } }', [
    ':3: unknown key `rte`; did you mean rate?',
  ]),
  rule('a window without a unit', 'when: { rate: { count: 1, window: 60 } }', [
    ':3: `when.rate.window` must be text, not 60',
  ]),
  rule('a severity that is none', 'when: { severity: { at-least: eror } }', [
    ':3: `when.severity.at-least` must be info or warning or error or critical, not eror; did you mean error?',
  ]),
  rule(
    'a span that is too long',
    'when: new-group, throttle: 31d',
    [':3: `throttle` is longer than 30d'],
    'make it shorter',
  ),
  rule(
    'a span that is none',
    'when: new-group, throttle: soon',
    [':3: `throttle` is not a valid name: "soon"'],
    'as in 500ms',
  ),
  rule('a machine that is not there', 'when: new-group, match: { machine: pc3 }', [
    ':3: there is no machine `pc3`; did you mean pc2?',
  ]),
  rule('a mistyped agent', 'when: new-group, match: { agent: ehco }', [
    ':3: there is no agent `ehco`; did you mean echo?',
  ]),
  rule(
    'a field that says nothing of a machine',
    'when: machine-unreachable, match: { code: X }',
    [':3: `match.code` does not apply: machine-unreachable is not about single errors'],
    'it can compare: machine',
  ),
  rule('a mistyped field', 'when: new-group, match: { sverity: error }', [
    ':3: unknown key `sverity`; did you mean severity?',
  ]),
  route('nowhere to go', 'timeout: 1s', [':2: the route `hook` leads nowhere'], 'webhook, command, log'),
  route('two ways to go', 'log: true, command: [page]', [':2: the route `hook` is several things: command, log']),
  route('variables without a command', 'log: true, env: [A]', [':2: `env` is for a command, and `hook` is a log']),
  route('a time that is too long', 'command: [page], timeout: 5m', [':2: `timeout` is longer than 60s']),
  route('a header of the connection', 'webhook: { url: "https://a.example", headers: { Host: b } }', [
    ":2: the header `Host` is the alerter's own",
  ]),
  route('a variable of the mesh', 'command: [page], env: [MESH_TOKEN]', [
    ':2: `env.0` is not a valid name: "MESH_TOKEN"',
  ]),
  url('hooks.example.com/x', 'is no URL: Invalid URL', 'https://'),
  url('ftp://hooks.example.com/x', 'has the scheme ftp', 'http and https'),
  url('file:///etc/passwd', 'has the scheme file', 'http and https'),
  url('https://me:secret@hooks.example.com/x', 'holds a name or a password', 'header'),
  url('http://127.0.0.1/x', 'leads to 127.0.0.1, which is inside of this network', 'allowPrivate'),
  url('http://[::1]/x', 'leads to ::1, which is inside of this network', 'allowPrivate'),
  url('http://2130706433/x', 'hides the address 127.0.0.1', 'four numbers'),
  url('http://0177.0.0.1/x', 'hides the address 127.0.0.1', 'four numbers'),
  url('http://0x7f.1/x', 'hides the address 127.0.0.1', 'four numbers'),
  url('http://169.254.169.254/x', 'leads to 169.254.169.254, to which nothing is ever sent', 'others can reach'),
  {
    title: 'a file of another name',
    change: (fleet: FleetFolder) => fleet.write('config/alert.yaml', ''),
    says: ['config/alert.yaml: is not read'],
    hint: 'rename it to config/alerts.yaml',
  },
  {
    title: 'an agent of that name',
    change: main('agents:', '  alerter: { module: echo }'),
    says: ['config/machines/main.yaml:2: `alerter` is a part of the mesh itself'],
    hint: 'another name',
  },
]);
