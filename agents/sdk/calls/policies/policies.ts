/**
 * Which rules of the fleet hold for the calls of an action. Pure, and asked once per target and revision, never per call.
 *
 * P1  Each field is decided by itself: by the most specific of the matching rules that say it. A fleet says its timeout
 *     once, for everybody, and a rule for one action says only what is different there.
 * P2  A field is taken or left whole: half a breaker of one rule and half of another is what nobody wanted.
 * P3  The service weighs more than the action: who writes about one service knows how it fares; who writes about an action
 *     of everybody knows only a name. Then the name that is written out weighs more than a pattern, and a pattern the more
 *     the more characters it gives.
 * P4  Of two that are equally specific the later one decides: so an environment, whose rules stand behind those of the
 *     fleet, can change what they say.
 * P5  `null` decides too: the field is then as if nobody had said it.
 */
import { limits } from '../../../../common/core/limits.js';
import {
  type CallPolicy,
  NO_POLICIES,
  type PolicyField,
  type PolicyRule,
  type PolicySet,
  policyFields,
} from '../../../../common/protocol/call-policy.js';
import { matchesName } from '../../../../common/protocol/name-pattern.js';
import type { PolicySource } from './policy.js';

/** A rule that matches, by its place in the list. */
export interface MatchingRule {
  readonly index: number;
  readonly rule: PolicyRule;
}

/** The rules that match, the most specific first. @param service undefined for a call to whoever has a capability */
export function matchingRules(
  rules: readonly PolicyRule[],
  service: string | undefined,
  action: string,
): MatchingRule[] {
  return rules
    .map((rule, index) => ({ rule, index }))
    .filter(({ rule: { match } }) => isMatch(match.service ?? '*', service) && isMatch(match.action ?? '*', action))
    .sort((a, b) => bySpecificity(b, a));
}

/** The rule that decides a field; undefined where none says it. @param matching the most specific first */
export const ruleOf = (matching: readonly MatchingRule[], field: PolicyField): MatchingRule | undefined =>
  matching.find(({ rule }) => rule[field] !== undefined);

/** What the rules come to; undefined where they come to nothing. @param matching the most specific first */
export function policyOf(matching: readonly MatchingRule[]): CallPolicy | undefined {
  const decided = policyFields.flatMap((field) => {
    const value = ruleOf(matching, field)?.rule[field] ?? null;
    return value === null ? [] : [[field, value] as const];
  });
  return decided.length === 0 ? undefined : Object.fromEntries(decided);
}

/** The rules of the fleet as a process has them now. */
export class Policies implements PolicySource {
  #set = NO_POLICIES;

  /** The mark of the rules, as nodes tell it; '' where there are none. */
  get revision(): string {
    return this.#set.revision;
  }

  replace(set: PolicySet): void {
    this.#set = set;
  }

  policyOf(service: string | undefined, action: string): CallPolicy | undefined {
    return this.#set.rules.length === 0 ? undefined : policyOf(matchingRules(this.#set.rules, service, action));
  }
}

function bySpecificity(a: MatchingRule, b: MatchingRule): number {
  return (
    weightOf(a.rule.match.service) - weightOf(b.rule.match.service) ||
    weightOf(a.rule.match.action) - weightOf(b.rule.match.action) ||
    a.index - b.index
  );
}

/** More characters than a pattern can give. */
const WRITTEN_OUT = limits.nameLengthMax + 1;
const weightOf = (pattern = '*'): number => (pattern.includes('*') ? pattern.replaceAll('*', '').length : WRITTEN_OUT);

/** Only `*` matches what has no name. */
const isMatch = (pattern: string, name: string | undefined): boolean =>
  name === undefined ? /^\*+$/.test(pattern) : matchesName(pattern, name);
