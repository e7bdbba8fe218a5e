/**
 * What a fleet says about its errors: the rules of config/errors.yaml and, behind them, those of the environment, each with the
 * place where it stands. What a rule does is said in `common/protocol/errors/error-rule.ts`; here it is asked of each whether it can
 * ever do it. Pure.
 */
import { limits } from '../../core/limits.js';
import { didYouMean } from '../../core/nearest.js';
import { ErrorRule, type ErrorRuleSet } from '../../protocol/errors/error-rule.js';
import { matchesName } from '../../protocol/name-pattern.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Tree } from '../source/tree.js';
import { readRules, ruleSetOf } from './rule-list.js';

export interface FleetErrors extends ErrorRuleSet {
  /** Where each rule begins, in the order of the rules. */
  readonly origins: readonly Origin[];
}

export interface ResolvedErrors {
  readonly errors: FleetErrors;
  readonly issues: readonly Issue[];
}

/** The agents of a fleet, over all layers; undefined where its files do not tell them. */
type Agents = ReadonlySet<string> | undefined;

/** @param trees one for each rule, in their order */
export function resolveErrors(trees: readonly Tree[], agents: Agents): ResolvedErrors {
  const issues: Issue[] = [];
  const placed = readRules({ ...LIST, check: (rule, tree) => checkRule(rule, tree, agents) }, trees, issues);
  return { errors: ruleSetOf(placed), issues };
}

const LIST = {
  schema: ErrorRule,
  one: 'this rule',
  all: 'rules of errors',
  max: limits.errorRulesMax,
  fewer: 'match several with one, as in `component: "http-*"`',
} as const;

function checkRule({ match, component, severity }: ErrorRule, tree: Tree, agents: Agents): Issue[] {
  const issues: Issue[] = [];
  if (component === undefined && severity === undefined)
    issues.push(issueAt(tree.origin, 'this rule says nothing', 'give it `component` or `severity`'));
  if (Object.keys(match).length === 0)
    issues.push(issueAt(originAt(tree, ['match']), '`match` names nothing', 'give it one of: code, component, agent'));
  if (match.agent !== undefined) issues.push(...checkAgent(match.agent, originAt(tree, ['match', 'agent']), agents));
  return issues;
}

function checkAgent(pattern: string, origin: Origin, agents: Agents): Issue[] {
  if (agents === undefined) return [];
  const reporters = new Set([...agents, ...OF_THE_MESH]);
  if ([...reporters].some((name) => matchesName(pattern, name))) return [];
  const what = pattern.includes('*') ? 'no agent matches' : 'there is no agent';
  return [
    issueAt(
      origin,
      `${what} \`${pattern}\`${didYouMean(pattern, reporters)}`,
      `agents: ${[...reporters].sort().join(', ')}`,
    ),
  ];
}

/** They report errors too. */
const OF_THE_MESH = ['node', 'broker'];
