/**
 * A list of rules as a fleet writes it: those of a file and, behind them, those of the environment, each with the place where
 * it stands. What a rule may say is the affair of its kind (policies, errors, streams); here is what their lists have in
 * common. Pure.
 */
import { createHash } from 'node:crypto';
import type { Static, TSchema } from '../../protocol/type.js';
import { type Issue, issueAt } from '../source/issues.js';
import { checkSchema } from '../source/schema-check.js';
import type { Origin, Tree } from '../source/tree.js';

export interface PlacedRule<Rule> {
  readonly rule: Rule;
  readonly origin: Origin;
}

export interface RuleListKind<S extends TSchema> {
  readonly schema: S;
  /** As a sentence about one begins: `this policy`. */
  readonly one: string;
  /** As a sentence about all names them: `policies`. */
  readonly all: string;
  readonly max: number;
  /** How to do with fewer. */
  readonly fewer: string;
  /** What is wrong with a rule of the right shape. */
  readonly check: (rule: Static<S>, tree: Tree) => Issue[];
}

/**
 * The rules that have the right shape, in their order; what is wrong with the others, and with these, is added to `issues`.
 * @param trees one for each rule
 */
export function readRules<S extends TSchema>(
  { schema, one, all, max, fewer, check }: RuleListKind<S>,
  trees: readonly Tree[],
  issues: Issue[],
): PlacedRule<Static<S>>[] {
  const placed = trees.slice(0, max).flatMap((tree) => {
    const checked = checkSchema(schema, tree, one);
    issues.push(...(checked.ok ? check(checked.value, tree) : checked.issues));
    return checked.ok ? [{ rule: checked.value, origin: tree.origin }] : [];
  });
  const surplus = trees[max];
  if (surplus !== undefined) {
    issues.push(issueAt(surplus.origin, `there are ${trees.length} ${all}, more than the ${max} allowed`, fewer));
  }
  return placed;
}

/** Two rules of one file for the same (`keyOf`): which of them decides, nobody would look up. */
export function twinIssues<Rule>(
  placed: readonly PlacedRule<Rule>[],
  keyOf: (rule: Rule) => string,
  tell: (key: string, firstLine: number) => string,
): Issue[] {
  const first = new Map<string, Origin>();
  return placed.flatMap(({ rule, origin }) => {
    const key = keyOf(rule);
    const place = `${origin.file} ${key}`;
    const twin = first.get(place);
    if (twin !== undefined) return [issueAt(origin, tell(key, twin.line), 'make one of the two')];
    first.set(place, origin);
    return [];
  });
}

/** The rules as they are handed on. The revision is the same for the same rules, on every machine; '' for none. */
export function ruleSetOf<Rule>(placed: readonly PlacedRule<Rule>[]): {
  readonly revision: string;
  readonly rules: readonly Rule[];
  readonly origins: readonly Origin[];
} {
  const rules = placed.map(({ rule }) => rule);
  return { revision: revisionOf(rules), rules, origins: placed.map(({ origin }) => origin) };
}

function revisionOf(rules: readonly unknown[]): string {
  if (rules.length === 0) return '';
  return createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, REVISION_LENGTH);
}

const REVISION_LENGTH = 12;
