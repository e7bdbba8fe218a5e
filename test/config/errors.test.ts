/** What a fleet says about its errors: which rules there are, what they make of an error, and what is refused in them. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { classified, type ErrorRule } from '../../common/protocol/errors/error-rule.js';
import { FleetFolder } from './fleet-folder.js';
import { describeRefusals, overlay } from './refusal-table.js';

const errors =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('config/errors.yaml', ...lines);

describe('the errors of a fleet', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());
  const load = (env?: string) => {
    const { rules, origins, revision } = fleet.load(env).errors;
    return { rules, revision, places: origins.map(({ file, line }) => `${file}:${line}`) };
  };

  it('have no rules without a file, and with an empty one', () => {
    expect(load()).to.deep.equal({ rules: [], revision: '', places: [] });
    errors('# nothing yet')(fleet);
    expect(load()).to.deep.equal({ rules: [], revision: '', places: [] });
  });

  it('have their rules each with its line, and those of the environment behind them', () => {
    errors(
      '- match: { component: "http-*" }',
      '  component: network',
      '- { match: { code: SLOW }, severity: info }',
    )(fleet);
    overlay('errors:', '  - { match: { code: SLOW, agent: node }, severity: error }')(fleet);
    expect(load()).to.deep.include({
      rules: [
        { match: { component: 'http-*' }, component: 'network' },
        { match: { code: 'SLOW' }, severity: 'info' },
      ],
      places: ['config/errors.yaml:1', 'config/errors.yaml:3'],
    });
    expect(load('staging').places.at(-1)).to.equal('config/environments/staging.yaml:2');
    expect(load('staging').revision)
      .to.match(/^[0-9a-f]{12}$/)
      .and.to.not.equal(load().revision);
    overlay('errors: null')(fleet);
    expect(load('staging').rules).to.deep.equal([]);
  });
});

describe('an error under the rules of its fleet', () => {
  const error = { code: 'ECONNRESET', component: 'http-probe', agent: 'scraper-7', severity: 'error' };
  const rows: readonly [string, readonly ErrorRule[], { component: string; severity: string }][] = [
    ['is as it was reported when none matches', [{ match: { code: 'X' }, component: 'x', severity: 'info' }], error],
    [
      'belongs to the component that one names, and is as bad as another says',
      [
        { match: { component: 'http-*' }, component: 'network' },
        { match: { code: 'ECONN*', agent: 'scraper-*' }, severity: 'warning' },
      ],
      { component: 'network', severity: 'warning' },
    ],
    [
      'is what the last one says that says it',
      [
        { match: { code: 'ECONN*' }, component: 'network', severity: 'info' },
        { match: { agent: 'scraper-7' }, severity: 'critical' },
      ],
      { component: 'network', severity: 'critical' },
    ],
    [
      'is matched by what was reported, not by what another rule has made of it',
      [
        { match: { component: 'http-*' }, component: 'network' },
        { match: { component: 'network' }, severity: 'info' },
      ],
      { component: 'network', severity: 'error' },
    ],
    [
      'needs all that a rule names',
      [{ match: { code: 'ECONNRESET', component: 'disk' }, severity: 'info' }],
      { component: 'http-probe', severity: 'error' },
    ],
  ];
  for (const [title, rules, { component, severity }] of rows)
    it(title, () => expect(classified(error, rules)).to.deep.equal({ ...error, component, severity }));
});

const file = 'config/errors.yaml';
const row = (title: string, lines: readonly string[], says: readonly string[], hint?: string) => ({
  title,
  change: errors(...lines),
  says: says.map((line) => `${file}${line}`),
  ...(hint === undefined ? {} : { hint }),
});

describeRefusals('errors', [
  row('a map in place of a list', ['network: {}'], [':1: the file must be a list or empty, not a map']),
  row('a rule without a match', ['- severity: info'], [':1: this rule needs `match`'], 'add it'),
  row(
    'a match of nothing',
    ['- match: {}', '  severity: info'],
    [':1: `match` names nothing'],
    'code, component, agent',
  ),
  row(
    'a rule that says nothing',
    ['- match: { code: X }'],
    [':1: this rule says nothing'],
    '`component` or `severity`',
  ),
  row(
    'a mistyped field',
    ['- match: { code: X }', '  severty: info'],
    [':2: unknown key `severty`; did you mean severity?'],
  ),
  row(
    'a severity that there is not',
    ['- match: { code: X }', '  severity: bad'],
    [':2: `severity` must be info or warning or error or critical, not bad'],
    undefined,
  ),
  row(
    'an agent that there is not',
    ['- match: { agent: ehco }', '  severity: info'],
    [':1: there is no agent `ehco`; did you mean echo?'],
    'broker',
  ),
  row(
    'more rules than there may be',
    Array.from({ length: limits.errorRulesMax + 1 }, (_, n) => `- { match: { code: C${n} }, severity: info }`),
    [
      `:${limits.errorRulesMax + 1}: there are ${limits.errorRulesMax + 1} rules of errors, more than the ${limits.errorRulesMax} allowed`,
    ],
  ),
  {
    title: 'a file of another name',
    change: (fleet: FleetFolder) => fleet.write('config/error.yaml', '- { match: { code: X }, severity: info }'),
    says: ['config/error.yaml: is not read'],
    hint: 'rename it to config/errors.yaml',
  },
]);
