/** Groups of the error bus as `error ls` and `error show` show them. Pure. */
import type { ErrorGroupBody } from '../../common/protocol/catalogue.js';
import { FINGERPRINT_SHOWN } from '../../common/protocol/errors/fingerprint-id.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { ageText, isoTime } from '../terminal/quantity.js';
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
  readonly status: ErrorGroupBody['status'];
  /** Position of the latest occurrence in main's log. */
  readonly lastId: number;
  /** Since when it stands so, by whose word and why; null and empty while nobody decided anything. */
  readonly statusSince: string | null;
  readonly statusBy: string;
  readonly statusWhy: string;
  readonly mutedUntil: string | null;
  /** The count that ends the mute. */
  readonly mutedUntilCount: number | null;
  readonly firstRelease: string;
  readonly lastRelease: string;
  /** Calls that failed with it; at least so many where it is not exact. */
  readonly impact: number;
  readonly impactIsExact: boolean;
}

export function errorGroupRowOf(group: ErrorGroupBody): ErrorGroupRow {
  const { fingerprint, code, message, agent, machine, severity, component, count, status, lastId } = group;
  const { statusBy, statusWhy, mutedUntilCount, firstRelease, lastRelease, impact, impactIsExact } = group;
  const times = { firstSeen: isoTime(group.firstSeenMs), lastSeen: isoTime(group.lastSeenMs) };
  const standing = {
    statusSince: group.statusMs === 0 ? null : isoTime(group.statusMs),
    ...{ statusBy, statusWhy },
    mutedUntil: group.mutedUntilMs === null ? null : isoTime(group.mutedUntilMs),
    mutedUntilCount,
  };
  const scope = { firstRelease, lastRelease, impact, impactIsExact };
  const words = { fingerprint, code, message, agent, machine, severity, component, count };
  return { ...words, ...times, status, lastId, ...standing, ...scope };
}

export const errorGroupForm = (colors: Colors, nowMs: number): ListForm<ErrorGroupRow> => ({
  columns: [
    { head: 'id', value: ({ fingerprint }) => fingerprint.slice(0, FINGERPRINT_SHOWN) },
    { head: 'severity', value: ({ severity }) => severityText(severity, colors) },
    { head: 'code', value: ({ code }) => code },
    { head: 'agent', value: ({ agent, machine }) => `${agent}@${machine}` },
    { head: 'count', value: ({ count }) => String(count) },
    { head: 'last', value: ({ lastSeen }) => `${ageText(nowMs - Date.parse(lastSeen ?? ''))} ago` },
    { head: 'status', value: ({ status }) => statusWord(status, colors) },
    { head: 'calls', value: impactNumber, wide: true },
    { head: 'release', value: ({ lastRelease }) => lastRelease || '-', wide: true },
    { head: 'component', value: ({ component }) => component, wide: true },
    { head: 'first', value: ({ firstSeen }) => `${ageText(nowMs - Date.parse(firstSeen ?? ''))} ago`, wide: true },
    { head: 'message', value: ({ message }) => shortened(message), optional: true },
  ],
  name: ({ fingerprint }) => fingerprint,
  empty: 'no errors that need somebody; -a shows the muted and the resolved too',
});

/** The bounds of a mute, in words; empty for any other status. */
export function untilText({ status, mutedUntil, mutedUntilCount }: ErrorGroupRow): string {
  if (status !== 'muted') return '';
  const bounds = [mutedUntil ?? [], mutedUntilCount === null ? [] : `error ${mutedUntilCount}`].flat();
  return ` until ${bounds.join(' or ')}`;
}

export const impactText = (row: Pick<ErrorGroupRow, 'impact' | 'impactIsExact'>): string =>
  `${row.impactIsExact ? '' : 'at least '}${row.impact} ${row.impact === 1 ? 'call' : 'calls'}`;

const impactNumber = ({ impact, impactIsExact }: ErrorGroupRow): string => `${impact}${impactIsExact ? '' : '+'}`;

function statusWord(status: ErrorGroupRow['status'], { red, dim }: Colors): string {
  if (status === 'regressed') return red(status);
  return status === 'open' ? status : dim(status);
}

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
