/** Which groups of errors are asked for, and which of them first. Pure over the groups it is given. */
import { classified } from '../../protocol/errors/error-rule.js';
import { severities } from '../../protocol/errors/severity.js';
import type { ErrorQuery } from '../log/log-types.js';
import type { ErrorGroup } from './error-group.js';
import type { ErrorGroups } from './error-groups.js';

type Order = NonNullable<ErrorQuery['order']>;

/** What is greatest in the first group. The latest are first as they are read. */
const rankOf: Record<Exclude<Order, 'last'>, (group: ErrorGroup) => number> = {
  first: ({ firstSeenMs }) => firstSeenMs,
  count: ({ count }) => count,
  impact: ({ impact }) => impact,
};

export function selectGroups(groups: Pick<ErrorGroups, 'list'>, query: ErrorQuery): ErrorGroup[] {
  const { machine, agent, sinceMs, order = 'last', limit, rules = [] } = query;
  const shown = (stored: ErrorGroup) => {
    const group = classified(stored, rules);
    return isAskedFor(group, query) ? group : undefined;
  };
  const selected: ErrorGroup[] = [];
  for (const group of groups.list({ machine, agent, sinceMs, shown })) {
    selected.push(group);
    if (order === 'last' && selected.length === limit) return selected;
  }
  if (order === 'last') return selected;
  const rank = rankOf[order];
  return selected.sort((a, b) => rank(b) - rank(a)).slice(0, limit);
}

function isAskedFor(group: ErrorGroup, { statuses, severity, component }: ErrorQuery): boolean {
  if (statuses !== undefined && !statuses.includes(group.status)) return false;
  if (component !== undefined && component !== group.component) return false;
  return severity === undefined || badnessOf(group.severity) >= badnessOf(severity);
}

/** A severity of a later version counts as an error. */
const badnessOf = (severity: string): number =>
  severities.indexOf(severities.find((each) => each === severity) ?? 'error');
