/**
 * The alerts of a fleet: the rules and routes of config/alerts.yaml with the environment laid over it, each with the place
 * where it stands. What a rule waits for is said in `common/protocol/alert-rule.ts`; here it is asked of each whether it can
 * ever do what it says. Spans become numbers, defaults are filled in. Pure.
 */
import { limits } from '../../core/limits.js';
import { didYouMean } from '../../core/nearest.js';
import type {
  AlertCondition,
  AlertConditionName,
  AlertMatch,
  AlertRoute,
  AlertRule,
} from '../../protocol/alert-rule.js';
import { matchesName } from '../../protocol/name-pattern.js';
import type { Static, TSchema } from '../../protocol/type.js';
import { type Issue, issueAt } from '../source/issues.js';
import { checkSchema } from '../source/schema-check.js';
import { keysAt, type Origin, originAt, type Path, type Tree, treeAt } from '../source/tree.js';
import { spanMs } from '../source/written-span.js';
import { resolveRoute } from './alert-routes.js';
import { AlertsFile, WrittenAlertRoute, WrittenAlertRule } from './alert-words.js';

export interface FleetAlerts {
  readonly rules: readonly AlertRule[];
  readonly routes: readonly AlertRoute[];
  /** Where each rule and each route stands, by its name. */
  readonly origins: ReadonlyMap<string, Origin>;
}

export interface ResolvedAlerts {
  readonly alerts: FleetAlerts;
  readonly issues: readonly Issue[];
}

/** Machine → its agents, over all layers; undefined where the files do not tell them. */
type Known = ReadonlyMap<string, ReadonlySet<string>> | undefined;

export const NO_ALERTS: FleetAlerts = { rules: [], routes: [], origins: new Map() };

/** @param tree the file with the environment over it; undefined for a fleet without one */
export function resolveAlerts(tree: Tree | undefined, known: Known): ResolvedAlerts {
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) return { alerts: NO_ALERTS, issues: [] };
  const checked = checkSchema(AlertsFile, tree);
  if (!checked.ok) return { alerts: NO_ALERTS, issues: checked.issues };
  const issues: Issue[] = [];
  const origins = new Map<string, Origin>();
  const routes = each(WrittenAlertRoute, tree, 'routes', origins, issues).flatMap(({ name, written, at }) =>
    resolveRoute(name, written, at, issues),
  );
  const names = keysAt(tree, ['routes']);
  const rules = each(WrittenAlertRule, tree, 'rules', origins, issues).flatMap(({ name, written, at }) => {
    const when = conditionOf(written, at, issues);
    issues.push(...checkRoutes(written, at, names));
    if (when === undefined) return [];
    const rule = ruleOf(name, when, written);
    issues.push(...checkMatch(rule, at, known), ...checkSpans(rule, at));
    return [rule];
  });
  for (const name of keysAt(tree, ['rules']).filter((rule) => names.includes(rule))) {
    const what = `\`${name}\` is a route and a rule: "mesh alert test ${name}" could mean either`;
    issues.push(issueAt(originAt(tree, ['rules', name]), what, 'give one of them another name'));
  }
  return { alerts: { rules, routes, origins }, issues };
}

type At = (...path: Path) => Origin;

/** The entries of one part that have the right shape, in their order. */
function each<S extends TSchema>(
  schema: S,
  tree: Tree,
  part: 'routes' | 'rules',
  origins: Map<string, Origin>,
  issues: Issue[],
): { name: string; written: Static<S>; at: At }[] {
  return keysAt(tree, [part]).flatMap((name) => {
    const entry = treeAt(tree, [part, name]);
    if (entry === undefined) return [];
    origins.set(name, entry.origin);
    const checked = checkSchema(schema, entry, `the ${part === 'rules' ? 'rule' : 'route'} \`${name}\``);
    if (checked.ok) return [{ name, written: checked.value, at: (...path) => originAt(entry, path) }];
    issues.push(...checked.issues);
    return [];
  });
}

function conditionOf({ when }: WrittenAlertRule, at: At, issues: Issue[]): AlertCondition | undefined {
  if (typeof when === 'string') {
    return when === 'machine-unreachable' ? { kind: when, forMs: limits.alertUnreachableMs } : plainCondition(when);
  }
  const { rate, severity, 'machine-unreachable': unreachable } = when;
  const said = [rate, severity, unreachable].filter((part) => part !== undefined);
  if (said.length !== 1) {
    const what = `\`when\` ${said.length === 0 ? 'says nothing' : 'says several things'}`;
    issues.push(issueAt(at('when'), what, 'give it one of: rate, severity, machine-unreachable'));
    return undefined;
  }
  if (rate !== undefined) return { kind: 'rate', count: rate.count, windowMs: spanMs(rate.window) };
  if (severity !== undefined) return { kind: 'severity', atLeast: severity['at-least'] };
  return { kind: 'machine-unreachable', forMs: unreachable === undefined ? 0 : spanMs(unreachable.for) };
}

type PlainKind = 'new-group' | 'regression' | 'quarantine' | 'journal-degraded';
const plainKinds: readonly PlainKind[] = ['new-group', 'regression', 'quarantine', 'journal-degraded'];
const plainCondition = (when: string): AlertCondition | undefined => {
  const kind = plainKinds.find((each) => each === when);
  return kind === undefined ? undefined : { kind };
};

const ruleOf = (name: string, when: AlertCondition, written: WrittenAlertRule): AlertRule => ({
  name,
  when,
  match: written.match ?? {},
  routes: written.routes,
  throttleMs: written.throttle === undefined ? limits.alertThrottleMs : spanMs(written.throttle),
  quietMs: quietOf(when, written.quiet),
  recovery: written.recovery ?? true,
});

/** A rate is over when its window has passed. */
const quietOf = (when: AlertCondition, quiet: string | undefined): number =>
  quiet !== undefined ? spanMs(quiet) : when.kind === 'rate' ? when.windowMs : limits.alertQuietMs;

function checkRoutes({ routes }: WrittenAlertRule, at: At, names: readonly string[]): Issue[] {
  return routes.flatMap((route, index) => {
    if (names.includes(route)) return [];
    const known = `routes: ${names.join(', ') || '(there are none)'}`;
    return [issueAt(at('routes', index), `there is no route \`${route}\`${didYouMean(route, names)}`, known)];
  });
}

/** What each kind of rule has to compare with; of errors there is everything. */
const fieldsOf: Readonly<Partial<Record<AlertConditionName, readonly (keyof AlertMatch)[]>>> = {
  'machine-unreachable': ['machine'],
  'journal-degraded': ['machine'],
  quarantine: ['machine', 'agent'],
};

function checkMatch({ when, match }: AlertRule, at: At, known: Known): Issue[] {
  const issues: Issue[] = [];
  const fields = fieldsOf[when.kind];
  for (const field of Object.keys(match)) {
    if (fields === undefined || fields.some((each) => each === field)) continue;
    const what = `\`match.${field}\` does not apply: ${when.kind} is not about single errors`;
    issues.push(issueAt(at('match', field), what, `it can compare: ${fields.join(', ')}`));
  }
  if (known === undefined) return issues;
  const agents = new Set([...known.values()].flatMap((names) => [...names]));
  return [
    ...issues,
    ...checkName('machine', match.machine, [...known.keys()], at),
    // Programs report too, by names that no file has: an unknown agent is only refused where it looks like a slip.
    ...(didYouMean(match.agent ?? '', agents) === '' ? [] : checkName('agent', match.agent, [...agents], at)),
  ];
}

function checkName(field: 'machine' | 'agent', pattern: string | undefined, names: string[], at: At): Issue[] {
  if (pattern === undefined || names.some((name) => matchesName(pattern, name))) return [];
  const what = `${pattern.includes('*') ? `no ${field} matches` : `there is no ${field}`} \`${pattern}\``;
  const known = `${field}s: ${names.sort().join(', ') || '(there are none)'}`;
  return [issueAt(at('match', field), `${what}${didYouMean(pattern, names)}`, known)];
}

function checkSpans({ when, throttleMs, quietMs }: AlertRule, at: At): Issue[] {
  const spans: readonly (readonly [Path, number])[] = [
    [['throttle'], throttleMs],
    [['quiet'], quietMs],
    [['when', 'rate', 'window'], when.kind === 'rate' ? when.windowMs : 0],
    [['when', 'machine-unreachable', 'for'], when.kind === 'machine-unreachable' ? when.forMs : 0],
  ];
  return spans.flatMap(([path, ms]) =>
    ms <= limits.alertSpanMsMax
      ? []
      : [issueAt(at(...path), `\`${path.join('.')}\` is longer than 30d`, 'make it shorter')],
  );
}
