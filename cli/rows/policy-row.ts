/** Policies as the command line shows them: the rules with their places, and what they come to for one action. Pure. */
import { breakerDefaults } from '../../agents/sdk/calls/policies/breaker.js';
import { matchingRules, ruleOf } from '../../agents/sdk/calls/policies/policies.js';
import { retryBudgetDefaults } from '../../agents/sdk/calls/policies/retry-budget.js';
import type { FleetPolicies } from '../../common/config/rules/policies.js';
import { limits } from '../../common/core/limits.js';
import { callStrategies, type PolicyField, policyFields } from '../../common/protocol/call-policy.js';
import { jsonText } from '../terminal/json-text.js';
import type { Colors, ListForm } from '../terminal/output.js';

/** One rule. */
export interface PolicyRow {
  readonly service: string;
  readonly action: string;
  /** What it says; null takes back what a broader rule says. */
  readonly policy: Readonly<Record<string, unknown>>;
  readonly file: string;
  readonly line: number;
}

export const policyRowsOf = ({ rules, origins }: FleetPolicies): PolicyRow[] =>
  rules.map(({ match: { service = '*', action = '*' }, ...policy }, index) => {
    const { file = '', line = 0 } = origins[index] ?? {};
    return { service, action, policy, file, line };
  });

export const policyForm: ListForm<PolicyRow> = {
  columns: [
    { head: 'service', value: ({ service }) => service },
    { head: 'action', value: ({ action }) => action },
    { head: 'policy', value: ({ policy }) => Object.entries(policy).map(said).join(', ') },
    { head: 'origin', value: ({ file, line }) => `${file}:${line}` },
  ],
  name: ({ service, action }) => `${service}.${action}`,
  empty: 'the fleet has no policies: every call has the defaults; rules are written to config/policies.yaml',
};

const said = ([field, value]: readonly [string, unknown]): string => `${field} ${valueText(value)}`;

/** One field of what holds for an action. */
export interface PolicyFieldRow {
  readonly field: PolicyField;
  /** What holds; null where there is no such thing. */
  readonly value: unknown;
  /** The rule that decides it; null for a default. */
  readonly match: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

/** What holds when nobody says anything. */
const DEFAULTS: Readonly<Record<PolicyField, unknown>> = {
  timeoutMs: limits.requestTimeoutMs,
  attemptTimeoutMs: null,
  retries: limits.callRetries,
  // Nobody says it but the action itself.
  idempotent: null,
  retryBudget: retryBudgetDefaults,
  breaker: breakerDefaults,
  bulkhead: null,
  fallback: null,
  strategy: callStrategies[0],
  localityWeight: limits.localityWeight,
};
/** Of which a rule may say a part. */
const PARTIAL: readonly PolicyField[] = ['retryBudget', 'breaker'];

export function fieldRowsOf(policies: FleetPolicies, service: string, action: string): PolicyFieldRow[] {
  const matching = matchingRules(policies.rules, service, action);
  const rows = policyRowsOf(policies);
  return policyFields.map((field) => {
    const deciding = ruleOf(matching, field);
    const row = deciding === undefined ? undefined : rows[deciding.index];
    if (deciding === undefined || row === undefined)
      return { field, value: DEFAULTS[field], match: null, file: null, line: null };
    const { file, line } = row;
    return {
      field,
      value: effective(field, deciding.rule[field] ?? null),
      match: `${row.service}.${row.action}`,
      file,
      line,
    };
  });
}

function effective(field: PolicyField, value: unknown): unknown {
  if (value === null) return DEFAULTS[field];
  const standard = DEFAULTS[field];
  const isPart = PARTIAL.includes(field) && typeof standard === 'object' && typeof value === 'object';
  return isPart ? { ...standard, ...value } : value;
}

export const fieldForm = ({ dim }: Colors): ListForm<PolicyFieldRow> => ({
  columns: [
    { head: 'field', value: ({ field }) => field },
    { head: 'value', value: (row) => (row.file === null ? dim(fieldText(row)) : fieldText(row)) },
    {
      head: 'from',
      value: ({ match, file, line }) => (file === null ? dim('default') : `${match} at ${file}:${line}`),
    },
  ],
  name: ({ field }) => field,
  empty: '',
});

const fieldText = ({ field, value }: PolicyFieldRow): string =>
  field === 'idempotent' && value === null ? 'as the action says' : valueText(value);

/** `2000`, `{ratio: 0.1, minPerSecond: 10}`, `none`. */
function valueText(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  return jsonText(value)
    .replaceAll(/"(\w+)":/g, '$1: ')
    .replaceAll(/,(?=\w+: )/g, ', ');
}
