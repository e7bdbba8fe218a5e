/** Alert rules as `alert ls` shows them, and what became of a test. Pure. */
import type { AlertStandings } from '../../agents/alerter/alert-standings.js';
import type { AlertTestOutput } from '../../agents/alerter/alert-test.js';
import type { FleetAlerts } from '../../common/config/rules/alerts.js';
import { durationText } from '../../common/core/duration.js';
import type { AlertCondition, AlertRule } from '../../common/protocol/alert-rule.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { ageText, isoTime } from '../terminal/quantity.js';

export interface AlertRow {
  readonly rule: string;
  readonly when: string;
  readonly match: AlertRule['match'];
  readonly routes: readonly string[];
  /** Null where the alerter does not say. */
  readonly state: 'firing' | 'quiet' | null;
  /** Groups of errors, machines or agents of which it holds now, and the titles of the first. */
  readonly firing: number;
  readonly titles: readonly string[];
  readonly heldBack: number;
  readonly lastNotice: string | null;
  readonly lastState: string;
  readonly lastTitle: string;
  readonly file: string;
  readonly line: number;
}

export function alertRowsOf({ rules, origins }: FleetAlerts, standings: AlertStandings | undefined): AlertRow[] {
  const known = new Map(standings?.rules.map((standing) => [standing.rule, standing]));
  return rules.map(({ name, when, match, routes }) => {
    const { file = '', line = 0 } = origins.get(name) ?? {};
    const standing = known.get(name);
    return {
      rule: name,
      when: conditionText(when),
      match,
      routes,
      state: standing?.state ?? null,
      firing: standing?.firing ?? 0,
      titles: standing?.titles ?? [],
      heldBack: standing?.heldBack ?? 0,
      lastNotice: isoTime(standing?.lastMs ?? 0),
      lastState: standing?.lastState ?? '',
      lastTitle: standing?.lastTitle ?? '',
      file,
      line,
    };
  });
}

function conditionText(when: AlertCondition): string {
  switch (when.kind) {
    case 'rate':
      return `${when.count} in ${durationText(when.windowMs)}`;
    case 'severity':
      return `${when.atLeast} or worse`;
    case 'machine-unreachable':
      return `machine-unreachable for ${durationText(when.forMs)}`;
    default:
      return when.kind;
  }
}

export const alertForm = ({ red, dim }: Colors, nowMs: number): ListForm<AlertRow> => ({
  columns: [
    { head: 'rule', value: ({ rule }) => rule },
    { head: 'when', value: ({ when }) => when },
    {
      head: 'state',
      value: ({ state, firing }) => (state === 'firing' ? red(`firing (${firing})`) : dim(state ?? '-')),
    },
    { head: 'held back', value: ({ heldBack }) => String(heldBack) },
    {
      head: 'last notice',
      value: ({ lastNotice, lastState }) =>
        lastNotice === null ? dim('-') : `${lastState} ${ageText(nowMs - Date.parse(lastNotice))} ago`,
    },
    { head: 'routes', value: ({ routes }) => routes.join(', ') },
    { head: 'what', value: ({ titles, lastTitle }) => titles[0] ?? lastTitle },
    { head: 'origin', value: ({ file, line }) => `${file}:${line}`, wide: true },
  ],
  name: ({ rule }) => rule,
  empty: 'the fleet has no alert rules: they are written to config/alerts.yaml',
});

type TestResult = AlertTestOutput['results'][number];

export const testForm = ({ red, green }: Colors, isDry: boolean): ListForm<TestResult> => ({
  columns: [
    { head: 'route', value: ({ route }) => route },
    { head: 'result', value: ({ ok }) => (isDry ? 'not told' : ok ? green('told') : red('failed')) },
    { head: 'took', value: ({ tookMs }) => `${tookMs} ms` },
    { head: 'said', value: ({ said }) => said },
  ],
  name: ({ route }) => route,
  empty: '',
});
