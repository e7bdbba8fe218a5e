/** Groups of the error bus as `error ls` and `error show` show them. Pure. */
import type { ErrorGroupBody } from '../common/protocol/catalogue.js';
import { FINGERPRINT_SHOWN } from '../common/protocol/fingerprint-id.js';
import type { Colors, ListForm } from './output.js';
import { ageText, isoTime } from './quantity.js';
import { severityText } from './record-row.js';

export interface ErrorGroupRow {
  readonly fingerprint: string;
  readonly code: string;
  readonly message: string;
  readonly agent: string;
  readonly machine: string;
  readonly severity: string;
  readonly component: string;
  readonly count: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly status: string;
  /** Position of the latest occurrence in main's log. */
  readonly lastId: number;
}

export function errorGroupRowOf(group: ErrorGroupBody): ErrorGroupRow {
  const { fingerprint, code, message, agent, machine, severity, component, count, status, lastId } = group;
  const times = { firstSeen: isoTime(group.firstSeenMs), lastSeen: isoTime(group.lastSeenMs) };
  return { fingerprint, code, message, agent, machine, severity, component, count, ...times, status, lastId };
}

export const errorGroupForm = (colors: Colors, nowMs: number): ListForm<ErrorGroupRow> => ({
  columns: [
    { head: 'id', value: ({ fingerprint }) => fingerprint.slice(0, FINGERPRINT_SHOWN) },
    { head: 'severity', value: ({ severity }) => severityText(severity, colors) },
    { head: 'code', value: ({ code }) => code },
    { head: 'agent', value: ({ agent, machine }) => `${agent}@${machine}` },
    { head: 'count', value: ({ count }) => String(count) },
    { head: 'last', value: ({ lastSeen }) => `${ageText(nowMs - Date.parse(lastSeen ?? ''))} ago` },
    { head: 'status', value: ({ status }) => status, wide: true },
    { head: 'component', value: ({ component }) => component, wide: true },
    { head: 'first', value: ({ firstSeen }) => `${ageText(nowMs - Date.parse(firstSeen ?? ''))} ago`, wide: true },
    { head: 'message', value: ({ message }) => shortened(message), optional: true },
  ],
  name: ({ fingerprint }) => fingerprint,
  empty: 'no errors',
});

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
