/**
 * The streams of a fleet: the rules of config/streams.yaml and, behind them, those of the environment, each with the place
 * where it stands. Which rule decides a stream is said in `common/protocol/stream-rule.ts`; here it is asked of each whether
 * it can ever do what it says. Ages and sizes are written with their unit and become numbers. Pure.
 */
import { MeshError, messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { ERRORS_STREAM } from '../../protocol/errors/error-report.js';
import {
  type Retention,
  StreamPattern,
  type StreamRule,
  type StreamRuleSet,
  WriterPattern,
} from '../../protocol/stream-rule.js';
import { assertPattern } from '../../protocol/topic.js';
import { type Static, Type } from '../../protocol/type.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Path, type Tree } from '../source/tree.js';
import { readRules, ruleSetOf, twinIssues } from './rule-list.js';

export interface FleetStreams extends StreamRuleSet {
  /** Where each rule begins, in the order of the rules. */
  readonly origins: readonly Origin[];
}

export interface ResolvedStreams {
  readonly streams: FleetStreams;
  readonly issues: readonly Issue[];
}

const closed = { additionalProperties: false } as const;
const units = {
  age: { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  bytes: { KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 },
} as const;

const WrittenRule = Type.Object(
  {
    stream: Type.String({ ...StreamPattern, description: 'a stream, or a pattern: * is one word, a final > the rest' }),
    keep: Type.Optional(
      Type.Object(
        {
          age: Type.Optional(
            Type.String({ pattern: '^[1-9][0-9]{0,5}(s|m|h|d)$', description: 'an age as in 90s, 30m, 12h or 7d' }),
          ),
          bytes: Type.Optional(
            Type.String({ pattern: '^[1-9][0-9]{0,5} ?(KiB|MiB|GiB)$', description: 'a size as in 512MiB or 4GiB' }),
          ),
          count: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logRecordsKept })),
        },
        { ...closed, description: 'a map' },
      ),
    ),
    writers: Type.Optional(
      Type.Array(
        Type.String({ ...WriterPattern, description: 'a name, or a text in which each * stands for any characters' }),
        {
          minItems: 1,
          maxItems: limits.streamWritersMax,
          description: 'a list of agents',
        },
      ),
    ),
  },
  closed,
);
type WrittenRule = Static<typeof WrittenRule>;

/** @param trees one for each rule, in their order */
export function resolveStreams(trees: readonly Tree[]): ResolvedStreams {
  const issues: Issue[] = [];
  const placed = readRules(LIST, trees, issues).map(({ rule, origin }) => ({ rule: ruleOf(rule), origin }));
  issues.push(
    ...twinIssues(
      placed,
      ({ stream }) => stream,
      (stream, line) => `\`${stream}\` stands here twice, first on line ${line}`,
    ),
  );
  return { streams: ruleSetOf(placed), issues };
}

const LIST = {
  schema: WrittenRule,
  one: 'this stream',
  all: 'rules of streams',
  max: limits.streamRulesMax,
  fewer: 'match several streams with one, as in `metrics.>`',
  check: checkRule,
} as const;

function ruleOf({ stream, keep, writers }: WrittenRule): StreamRule {
  return {
    stream,
    ...(keep === undefined ? {} : { keep: retentionOf(keep) }),
    ...(writers === undefined ? {} : { writers }),
  };
}

function retentionOf({ age, bytes, count }: NonNullable<WrittenRule['keep']>): Retention {
  return {
    ...(age === undefined ? {} : { ageMs: measured(age, units.age) }),
    ...(bytes === undefined ? {} : { bytes: measured(bytes, units.bytes) }),
    ...(count === undefined ? {} : { count }),
  };
}

/** The schema has vouched for the form: a number and one of the units. */
function measured(text: string, factors: Readonly<Record<string, number>>): number {
  const [, number = '', unit = ''] = /^(\d+) ?(\w+)$/.exec(text) ?? [];
  return Number(number) * (factors[unit] ?? 1);
}

function checkRule({ stream, keep, writers }: WrittenRule, tree: Tree): Issue[] {
  const at = (...path: Path): Origin => originAt(tree, path);
  const issues: Issue[] = [];
  if (keep === undefined && writers === undefined)
    issues.push(issueAt(tree.origin, 'this stream says nothing', 'give it `keep` or `writers`'));
  if (keep !== undefined && Object.keys(keep).length === 0)
    issues.push(issueAt(at('keep'), '`keep` says nothing', 'give it one of: age, bytes, count'));
  try {
    assertPattern(stream);
  } catch (error) {
    const hint = error instanceof MeshError ? error.hint : undefined;
    issues.push(issueAt(at('stream'), messageOf(error), hint));
  }
  if (stream === ERRORS_STREAM && writers !== undefined)
    issues.push(
      issueAt(at('writers'), `everybody may report errors: \`${ERRORS_STREAM}\` has no writers`, 'remove it'),
    );
  return issues;
}
