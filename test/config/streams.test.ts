/** The streams of a fleet: which rules there are, what they come to, and what is refused in them. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { FleetFolder } from './fleet-folder.js';
import { describeRefusals, overlay } from './refusal-table.js';

const streams =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('config/streams.yaml', ...lines);

describe('the streams of a fleet', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());
  const load = (env?: string) => {
    const { rules, origins, revision } = fleet.load(env).streams;
    return { rules, revision, places: origins.map(({ file, line }) => `${file}:${line}`) };
  };

  it('have no rules without a file, and with an empty one', () => {
    expect(load()).to.deep.equal({ rules: [], revision: '', places: [] });
    streams('# nothing yet')(fleet);
    expect(load()).to.deep.equal({ rules: [], revision: '', places: [] });
  });

  it('have their bounds as numbers, each rule with its line', () => {
    streams(
      '- stream: metrics.>',
      '  keep: { age: 7d, bytes: 512 MiB, count: 1000 }',
      '',
      '- stream: turns',
      '  writers: [planner, "log-*"]',
    )(fleet);
    const { rules, places, revision } = load();
    expect(rules).to.deep.equal([
      { stream: 'metrics.>', keep: { ageMs: 604_800_000, bytes: 536_870_912, count: 1_000 } },
      { stream: 'turns', writers: ['planner', 'log-*'] },
    ]);
    expect(places).to.deep.equal(['config/streams.yaml:1', 'config/streams.yaml:4']);
    expect(revision).to.match(/^[0-9a-f]{12}$/);
  });

  it('have a mark that follows what they say, and nothing else', () => {
    streams('- stream: turns', '  keep: { age: 1d }')(fleet);
    const { revision } = load();
    streams('# a remark', '- { stream: turns, keep: { age: 24h } }')(fleet);
    expect(load().revision).to.equal(revision);
    streams('- { stream: turns, keep: { age: 25h } }')(fleet);
    expect(load().revision).to.not.equal(revision);
  });

  it('are followed by those of the environment, which may take them all away', () => {
    streams('- { stream: turns, keep: { count: 5 } }')(fleet);
    overlay('streams:', '  - { stream: turns, keep: { count: 6 } }')(fleet);
    expect(load('staging').places).to.deep.equal(['config/streams.yaml:1', 'config/environments/staging.yaml:2']);
    overlay('streams: null')(fleet);
    expect(load('staging').rules).to.deep.equal([]);
  });
});

const file = 'config/streams.yaml';
const row = (title: string, lines: readonly string[], says: readonly string[], hint?: string) => ({
  title,
  change: streams(...lines),
  says: says.map((line) => `${file}${line}`),
  ...(hint === undefined ? {} : { hint }),
});

describeRefusals('streams', [
  row('a map in place of a list', ['turns: {}'], [':1: the file must be a list or empty, not a map']),
  row('a rule without a stream', ['- keep: { count: 1 }'], [':1: this stream needs `stream`'], 'add it'),
  row('a rule that says nothing', ['- stream: turns'], [':1: this stream says nothing'], '`keep` or `writers`'),
  row(
    'a mistyped field',
    ['- stream: turns', '  keeps: { count: 1 }'],
    [':2: unknown key `keeps`; did you mean keep?'],
  ),
  row(
    'a mistyped bound',
    ['- stream: turns', '  keep: { cuont: 1 }'],
    [':2: unknown key `cuont`; did you mean count?'],
  ),
  row('a bound without one', ['- stream: turns', '  keep: {}'], [':2: `keep` says nothing'], 'age, bytes, count'),
  row(
    'ages and sizes without a unit, all at once',
    ['- stream: turns', '  keep: { age: 1w, bytes: 500 }'],
    [':2: `keep.age` is not a valid name: "1w"', ':2: `keep.bytes` must be text, not 500'],
  ),
  row(
    'a pattern that is none',
    ['- stream: a..b', '  keep: { count: 1 }'],
    [':1: "a..b" is not a topic pattern'],
    'use * for exactly one token',
  ),
  row(
    'one pattern twice',
    ['- { stream: turns, keep: { count: 1 } }', '- { stream: turns, keep: { count: 2 } }'],
    [':2: `turns` stands here twice, first on line 1'],
    'make one of the two',
  ),
  row(
    'writers of the error bus',
    ['- stream: errors', '  writers: [echo]'],
    [':2: everybody may report errors: `errors` has no writers'],
  ),
  row(
    'more rules than there may be',
    Array.from({ length: limits.streamRulesMax + 1 }, (_, n) => `- { stream: s${n}, keep: { count: 1 } }`),
    [
      `:${limits.streamRulesMax + 1}: there are ${limits.streamRulesMax + 1} rules of streams, more than the ${limits.streamRulesMax} allowed`,
    ],
  ),
  {
    title: 'a file of another name',
    change: (fleet: FleetFolder) => fleet.write('config/stream.yaml', '- { stream: turns, keep: { count: 1 } }'),
    says: ['config/stream.yaml: is not read'],
    hint: 'rename it to config/streams.yaml',
  },
]);
