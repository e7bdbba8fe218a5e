/** Whether a rule is about something: every field that it names matches. Pure. */
import type { AlertMatch } from '../../common/protocol/alert-rule.js';
import { severities } from '../../common/protocol/errors/severity.js';
import { matchesName } from '../../common/protocol/name-pattern.js';

export type Matched = Readonly<Partial<Record<'machine' | 'agent' | 'component' | 'code' | 'severity', string>>>;

export function matchesAlert(match: AlertMatch, seen: Matched): boolean {
  const { severity, ...patterns } = match;
  if (severity !== undefined && !isAtLeast(seen.severity, severity)) return false;
  const { machine, agent, component, code } = patterns;
  return (
    fits(machine, seen.machine) && fits(agent, seen.agent) && fits(component, seen.component) && fits(code, seen.code)
  );
}

const fits = (pattern: string | undefined, value = ''): boolean => pattern === undefined || matchesName(pattern, value);

/** A severity of a later version counts as an error. */
export const isAtLeast = (severity: string | undefined, least: string): boolean =>
  badnessOf(severity) >= badnessOf(least);

const badnessOf = (severity: string | undefined): number =>
  severities.indexOf(severities.find((known) => known === severity) ?? 'error');
