/** What the log writes down when a group of errors comes to stand differently: which one, who decided it, when and why. Pure. */

import { ERROR_STATUS_STREAM } from '../../protocol/errors/error-report.js';
import { encode } from '../../protocol/frames/codec.js';
import { type NewRecord, recordOf } from '../record.js';
import type { StandingChange } from './error-groups.js';

/** The program that holds the log. */
const AUTHOR = 'broker';

export function standingRecord({ from, group, isForgotten = false }: StandingChange): NewRecord {
  const { fingerprint, status, statusBy, statusWhy, statusMs, count, lastId, lastRelease } = group;
  const { code, message, severity, component, agent, machine, mutedUntilMs, mutedUntilCount } = group;
  const body = {
    fingerprint,
    from,
    to: isForgotten ? 'forgotten' : status,
    by: statusBy,
    why: statusWhy,
    ...(mutedUntilMs === null ? {} : { untilMs: mutedUntilMs }),
    ...(mutedUntilCount === null ? {} : { untilCount: mutedUntilCount }),
    ...{ code, message, severity, component, agent, machine, release: lastRelease, count, lastId },
  };
  return recordOf(ERROR_STATUS_STREAM, Math.trunc(statusMs), AUTHOR, 0, encode(body));
}
