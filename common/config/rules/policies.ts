/**
 * The policies of a fleet: the rules of config/policies.yaml and, behind them, those of the environment, each with the place
 * where it stands. Which rule decides a call is the caller's question (`agents/sdk/calls/policies/policies.ts`); here it is asked of
 * each whether it can ever do what it says. Pure.
 *
 * Lists replace each other in an overlay; these do not. The rules of an environment are added, because the later of two that
 * are equally specific decides: so one line changes one value, and all others go on.
 */
import { messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { didYouMean } from '../../core/nearest.js';
import { PolicyRule, type PolicySet, policyFields } from '../../protocol/call-policy.js';
import { parseCallTarget } from '../../protocol/name.js';
import { matchesName } from '../../protocol/name-pattern.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Path, type Tree } from '../source/tree.js';
import { readRules, ruleSetOf, twinIssues } from './rule-list.js';

export interface FleetPolicies extends PolicySet {
  /** Where each rule begins, in the order of the rules. */
  readonly origins: readonly Origin[];
}

export interface ResolvedPolicies {
  readonly policies: FleetPolicies;
  readonly issues: readonly Issue[];
}

/** The agents of a fleet, over all layers; undefined where its files do not tell them. */
type Services = ReadonlySet<string> | undefined;

/** @param trees one for each rule, in their order */
export function resolvePolicies(trees: readonly Tree[], services: Services): ResolvedPolicies {
  const issues: Issue[] = [];
  const placed = readRules({ ...LIST, check: (rule, tree) => checkRule(rule, tree, services) }, trees, issues);
  issues.push(
    ...twinIssues(
      placed,
      ({ match: { service = '*', action = '*' } }) => `${service}.${action}`,
      (call, line) => `this policy matches the same as the one on line ${line}: ${call}`,
    ),
  );
  const policies = ruleSetOf(placed);
  if (trees.length <= LIST.max) issues.push(...checkSize(policies.rules, trees.at(-1)));
  return { policies, issues };
}

const LIST = {
  schema: PolicyRule,
  one: 'this policy',
  all: 'policies',
  max: limits.policyRulesMax,
  fewer: 'match several services or actions with one, as in `action: "get*"`',
} as const;

function checkRule(rule: PolicyRule, tree: Tree, services: Services): Issue[] {
  const at = (...path: Path): Origin => originAt(tree, path);
  const issues: Issue[] = [];
  const { match, timeoutMs, attemptTimeoutMs } = rule;
  if (policyFields.every((field) => rule[field] === undefined)) {
    issues.push(issueAt(tree.origin, 'this policy says nothing', `give it one of: ${policyFields.join(', ')}`));
  }
  const { service } = match;
  if (service !== undefined) issues.push(...checkService(service, at('match', 'service'), services));
  if (timeoutMs && attemptTimeoutMs && attemptTimeoutMs > timeoutMs) {
    const what = `\`attemptTimeoutMs\` ${attemptTimeoutMs} is longer than the whole call, \`timeoutMs\` ${timeoutMs}`;
    issues.push(issueAt(at('attemptTimeoutMs'), what, 'an attempt is a part of the call: make it shorter'));
  }
  return [...issues, ...checkFallback(rule, at('fallback'), at('fallback', 'target'), services)];
}

function checkService(pattern: string, origin: Origin, services: Services): Issue[] {
  if (services === undefined || [...services].some((name) => matchesName(pattern, name))) return [];
  const what = pattern.includes('*') ? 'no agent matches' : 'there is no agent';
  const known = `agents: ${[...services].sort().join(', ') || '(there are none)'}`;
  return [issueAt(origin, `${what} \`${pattern}\`${didYouMean(pattern, services)}`, known)];
}

function checkFallback(rule: PolicyRule, origin: Origin, targetOrigin: Origin, services: Services): Issue[] {
  const { fallback, match } = rule;
  if (fallback === undefined || fallback === null) return [];
  const { target } = fallback;
  if ('value' in fallback === (target !== undefined)) {
    return [issueAt(origin, '`fallback` needs either `value` or `target`', 'keep one of the two')];
  }
  if (target === undefined) return [];
  try {
    const { service = '', action } = parseCallTarget(target);
    const unknown = checkService(service, targetOrigin, services);
    if (unknown.length > 0 || target !== `${match.service}.${match.action}`) return unknown;
    const what = `\`${target}\` cannot stand in for itself`;
    return [issueAt(targetOrigin, what, `name another service or action than ${service}.${action}, or a \`value\``)];
  } catch (error) {
    return [issueAt(targetOrigin, messageOf(error), 'write SERVICE.ACTION or SERVICE@MACHINE.ACTION')];
  }
}

function checkSize(rules: readonly PolicyRule[], last: Tree | undefined): Issue[] {
  const bytes = Buffer.byteLength(JSON.stringify(rules));
  if (bytes <= limits.policyBytesMax || last === undefined) return [];
  const what = `the policies have ${bytes} bytes, more than the ${limits.policyBytesMax} allowed`;
  return [issueAt(last.origin, what, 'every agent holds them: let a fallback answer large values by its `target`')];
}
