/**
 * What a fleet says about its errors: which part of it a reported component belongs to, and how bad an error is there, whatever
 * its reporter says. As the node of main hands it to main's broker, and as that decides by it. Pure.
 *
 * Of the rules that match, each field is decided by the last one that says it: so the rules of an environment, which stand
 * behind the others, change what they name and nothing else. Fingerprints and counts know nothing of them: a rule that changes
 * regroups nothing, and holds for what was reported before it as well.
 */
import { limits } from '../../core/limits.js';
import { matchesName } from '../name-pattern.js';
import { type Static, Type } from '../type.js';
import { severities } from './severity.js';

const closed = { additionalProperties: false } as const;
const Pattern = Type.String({
  minLength: 1,
  maxLength: limits.nameLengthMax,
  description: 'a text in which each * stands for any characters',
});

export const ErrorRule = Type.Object(
  {
    match: Type.Object(
      { code: Type.Optional(Pattern), component: Type.Optional(Pattern), agent: Type.Optional(Pattern) },
      { ...closed, description: 'a map of what is reported: code, component, agent' },
    ),
    component: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9-]*$',
        maxLength: limits.nameLengthMax,
        description: 'the part of the fleet that it belongs to, in lower-case letters, digits and hyphens',
      }),
    ),
    severity: Type.Optional(Type.Enum([...severities], { description: `one of ${severities.join(', ')}` })),
  },
  closed,
);
export type ErrorRule = Static<typeof ErrorRule>;

/** The rules of a fleet, in their order, and the mark by which two sets are told apart. */
export interface ErrorRuleSet {
  readonly revision: string;
  readonly rules: readonly ErrorRule[];
}

/** Of a fleet that says nothing. */
export const NO_ERROR_RULES: ErrorRuleSet = { revision: '', rules: [] };

interface Classified {
  readonly code: string;
  readonly component: string;
  readonly agent: string;
  readonly severity: string;
}

/** The same error with component and severity as the rules have them. */
export function classified<E extends Classified>(error: E, rules: readonly ErrorRule[]): E {
  let { component, severity } = error;
  for (const rule of rules) {
    if (!matchesRule(rule.match, error)) continue;
    component = rule.component ?? component;
    severity = rule.severity ?? severity;
  }
  return component === error.component && severity === error.severity ? error : { ...error, component, severity };
}

const matchesRule = ({ code = '*', component = '*', agent = '*' }: ErrorRule['match'], error: Classified): boolean =>
  matchesName(code, error.code) && matchesName(component, error.component) && matchesName(agent, error.agent);
