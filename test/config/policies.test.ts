/** The policies of a fleet: which rules there are, in which order, and from where; and what is refused in them. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { resolvePolicies } from '../../common/config/rules/policies.js';
import { parseSource } from '../../common/config/source/yaml-source.js';
import { limits } from '../../common/core/limits.js';
import { FleetFolder } from './fleet-folder.js';
import { describeRefusals, overlay } from './refusal-table.js';

const policies =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('config/policies.yaml', ...lines);

describe('the policies of a fleet', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());
  const load = (env?: string) => {
    const { rules, origins, revision } = fleet.load(env).policies;
    return { rules, revision, places: origins.map(({ file, line }) => `${file}:${line}`) };
  };

  it('are none without a file, and with an empty one', () => {
    expect(load()).to.deep.equal({ rules: [], revision: '', places: [] });
    policies('# nothing yet')(fleet);
    expect(load()).to.deep.equal({ rules: [], revision: '', places: [] });
  });

  it('are the rules of the file, each with its line', () => {
    policies(
      '- match: { service: "*" }',
      '  timeoutMs: 2000',
      '',
      '- match: { service: echo, action: "s*" }',
      '  retries: 2',
      '  bulkhead: null',
      '  fallback: { value: { said: nothing } }',
    )(fleet);
    const { rules, places, revision } = load();
    expect(places).to.deep.equal(['config/policies.yaml:1', 'config/policies.yaml:4']);
    expect(rules).to.deep.equal([
      { match: { service: '*' }, timeoutMs: 2_000 },
      {
        match: { service: 'echo', action: 's*' },
        retries: 2,
        bulkhead: null,
        fallback: { value: { said: 'nothing' } },
      },
    ]);
    expect(revision).to.match(/^[0-9a-f]{12}$/);
  });

  it('have a mark that follows what they say, and nothing else', () => {
    policies('- match: { service: echo }', '  retries: 2')(fleet);
    const { revision } = load();
    policies('# a remark', '- { match: { service: echo }, retries: 2 }')(fleet);
    expect(load().revision).to.equal(revision);
    policies('- { match: { service: echo }, retries: 3 }')(fleet);
    expect(load().revision).to.not.equal(revision);
  });

  it('of an environment stand behind those of the file', () => {
    policies('- { match: { service: echo }, retries: 2 }')(fleet);
    overlay('policies:', '  - { match: { service: echo }, retries: 0 }')(fleet);
    const { rules, places } = load('staging');
    expect(rules.map(({ retries }) => retries)).to.deep.equal([2, 0]);
    expect(places).to.deep.equal(['config/policies.yaml:1', 'config/environments/staging.yaml:2']);
    expect(load().rules, 'without the environment').to.have.length(1);
  });

  it('can be deleted by an environment', () => {
    policies('- { match: { service: echo }, retries: 2 }')(fleet);
    overlay('policies: null')(fleet);
    expect(load('staging').rules).to.deep.equal([]);
  });

  it('may speak of an agent that the environment does without', () => {
    policies('- { match: { service: echo }, retries: 2 }')(fleet);
    overlay('machines: { main: { agents: { echo: null } } }')(fleet);
    expect(load('staging').rules).to.have.length(1);
  });
});

describe('the policies of the sample fleet', () => {
  const text = readFileSync(new URL('../../../config/policies.yaml', import.meta.url), 'utf8');
  const rulesIn = (written: string) => {
    const { tree, issues } = parseSource(written, 'config/policies.yaml');
    expect(issues).to.deep.equal([]);
    const resolved = resolvePolicies(tree.kind === 'list' ? tree.items : [], new Set(['echo']));
    expect(resolved.issues).to.deep.equal([]);
    return resolved.policies.rules;
  };

  it('are none, until the signs of comment are removed from its example', () => {
    expect(rulesIn(text)).to.deep.equal([]);
    const rules = rulesIn(text.replaceAll(/^# (?=- | {2})/gm, ''));
    expect(rules.map(({ match }) => match)).to.deep.equal([{ service: '*' }, { service: 'echo', action: 'say' }]);
  });
});

const file = 'config/policies.yaml';
const row = (title: string, lines: readonly string[], says: readonly string[], hint?: string) => ({
  title,
  change: policies(...lines),
  says: says.map((line) => `${file}${line}`),
  ...(hint === undefined ? {} : { hint }),
});

describeRefusals('policies', [
  row('a map in place of a list', ['echo: { retries: 1 }'], [':1: the file must be a list or empty, not a map']),
  row('a rule that is no map', ['- retries'], [':1: this policy must be a map, not the text "retries"']),
  row('a rule without a match', ['- retries: 1'], [':1: this policy needs `match`'], 'add it'),
  row(
    'a rule that says nothing',
    ['- match: { service: echo }'],
    [':1: this policy says nothing'],
    'timeoutMs, attempt',
  ),
  row(
    'a mistyped field',
    ['- match: { service: echo }', '  retires: 1'],
    [':2: unknown key `retires`; did you mean retries?'],
    'known keys: match, timeoutMs',
  ),
  row(
    'a mistyped part of a match',
    ['- match: { servce: echo }', '  retries: 1'],
    [':1: unknown key `servce`; did you mean service?'],
  ),
  row(
    'a service that is not there',
    ['- match:', '    service: ehco', '  retries: 1'],
    [':2: there is no agent `ehco`; did you mean echo?'],
    'agents: echo, watcher',
  ),
  row(
    'a pattern that no agent matches',
    ['- match: { service: "w*x" }', '  retries: 1'],
    [':1: no agent matches `w*x`'],
  ),
  row(
    'a text that can match nothing',
    ['- match: { service: echo, action: "say hello" }', '  retries: 1'],
    [':1: `match.action` is not a valid name: "say hello"'],
    'each * stands for any characters',
  ),
  row(
    'a strategy that is not there',
    ['- match: {}', '  strategy: least-latncy'],
    [
      ':2: `strategy` must be least-latency or round-robin or random or least-in-flight or first, not least-latncy; did you mean least-latency?',
    ],
  ),
  row(
    'values of the wrong kind, all at once',
    ['- match: {}', '  timeoutMs: fast', '  retries: 1.5', '  idempotent: 1', '  breaker: 3'],
    [
      ':2: `timeoutMs` must be a number or null, not the text "fast"',
      ':3: `retries` must be a whole number, not 1.5',
      ':4: `idempotent` must be true or false or null, not 1',
      ':5: `breaker` must be a map or null, not 3',
    ],
  ),
  row(
    'values out of range',
    ['- match: {}', '  timeoutMs: 0', `  retries: ${limits.callRetriesMax + 1}`, '  breaker: { failureRate: 50 }'],
    [
      ':2: `timeoutMs` must be >= 1, not 0',
      `:3: \`retries\` must be <= ${limits.callRetriesMax}, not ${limits.callRetriesMax + 1}`,
      ':4: `breaker.failureRate` must be <= 1, not 50',
    ],
  ),
  row(
    'an attempt that is longer than its call',
    ['- match: {}', '  timeoutMs: 100', '  attemptTimeoutMs: 200'],
    [':3: `attemptTimeoutMs` 200 is longer than the whole call, `timeoutMs` 100'],
  ),
  row(
    'a bulkhead without its size',
    ['- match: {}', '  bulkhead: { queueMax: 1 }'],
    [':2: `bulkhead` needs `concurrency`'],
  ),
  row(
    'a fallback to two things at once',
    ['- match: {}', '  fallback: { value: 1, target: echo.say }'],
    [':2: `fallback` needs either `value` or `target`'],
  ),
  row(
    'a fallback to nobody',
    ['- match: { service: watcher }', '  fallback:', '    target: ehco.say'],
    [':3: there is no agent `ehco`; did you mean echo?'],
  ),
  row(
    'a fallback to what is no action',
    ['- match: { service: watcher }', '  fallback: { target: echo }'],
    [':2: "echo" does not name an action'],
  ),
  row(
    'a fallback to itself',
    ['- match: { service: echo, action: say }', '  fallback: { target: echo.say }'],
    [':2: `echo.say` cannot stand in for itself'],
  ),
  row(
    'two rules for the same',
    ['- { match: { service: echo }, retries: 1 }', '- { match: { service: echo, action: "*" }, timeoutMs: 9 }'],
    [':2: this policy matches the same as the one on line 1: echo.*'],
    'make one of the two',
  ),
  row(
    'more rules than there may be',
    Array.from({ length: limits.policyRulesMax + 1 }, (_, index) => `- { match: { action: a${index} }, retries: 1 }`),
    [
      `:${limits.policyRulesMax + 1}: there are ${limits.policyRulesMax + 1} policies, more than the ${limits.policyRulesMax} allowed`,
    ],
  ),
  row(
    'values that are too large to be held by every agent',
    ['- match: {}', `  fallback: { value: ${'x'.repeat(limits.policyBytesMax)} }`],
    [`:1: the policies have ${limits.policyBytesMax + 38} bytes, more than the ${limits.policyBytesMax} allowed`],
  ),
  {
    title: 'a file with the wrong ending',
    change: (fleet) => fleet.write('config/policies.yml', '[]'),
    says: ['config/policies.yml: is not read'],
    hint: 'rename it to config/policies.yaml',
  },
  {
    title: 'an environment that deletes what is not there',
    change: overlay('policies: null'),
    env: 'staging',
    says: ['config/environments/staging.yaml:1: `policies` is deleted here, but no file below has it'],
  },
  {
    title: 'a fault in the rules of an environment',
    change: overlay('policies:', '  - match: { service: echo }', '    retires: 1'),
    env: 'staging',
    says: ['config/environments/staging.yaml:3: unknown key `retires`; did you mean retries?'],
  },
]);
