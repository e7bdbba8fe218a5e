/** What main's log answers about groups of errors: which there are, how each stands, and what somebody decides about one. */
import { limits } from '../../core/limits.js';
import { severities } from '../errors/severity.js';
import {
  Count,
  closed,
  ErrorGroup,
  errorStatuses,
  FingerprintStart,
  LogRecord,
  method,
  Text,
} from '../message-parts.js';
import { Name, WallMs } from '../registry-entry.js';
import { Type } from '../type.js';

/** Whoever decides, and why: both stand in the record of it. */
const decision = {
  fingerprint: FingerprintStart,
  by: Type.String({ minLength: 1, maxLength: limits.topicLengthMax, description: 'who decides that' }),
  why: Type.Optional(Text),
};
const Decided = closed({
  group: ErrorGroup,
  hasChanged: Type.Boolean({ description: 'false: it stood so already, and nothing was written down' }),
});

export const errorMessages = {
  'log.errors': method(
    'log',
    'The groups of the error bus, as they stand now.',
    closed({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logReadMax })),
      statuses: Type.Optional(Type.Array(Type.Enum([...errorStatuses]), { maxItems: errorStatuses.length })),
      severity: Type.Optional(Type.Enum([...severities], { description: 'so bad or worse' })),
      component: Type.Optional(Type.String({ maxLength: limits.nameLengthMax })),
      machine: Type.Optional(Name),
      agent: Type.Optional(Name),
      sinceMs: Type.Optional(
        Type.Number({ minimum: 0, description: 'heard of since then, in milliseconds since the Unix epoch' }),
      ),
      order: Type.Optional(
        Type.Enum(['last', 'first', 'count', 'impact'], {
          description:
            'what is first: the latest, which is the default, the newest, the most, or what failed most calls',
        }),
      ),
    }),
    closed({ groups: Type.Array(ErrorGroup) }),
  ),
  'log.error': method(
    'log',
    'One group by the start of its fingerprint, where it comes from, and its latest occurrences.',
    closed({ fingerprint: FingerprintStart }),
    closed({
      group: ErrorGroup,
      sources: Type.Array(
        closed({
          machine: Type.String({ description: 'empty, as the agent is, for what came from further places' }),
          agent: Type.String(),
          count: Count,
          lastSeenMs: WallMs,
        }),
      ),
      occurrences: Type.Array(LogRecord),
    }),
  ),
  'error.resolve': method(
    'log',
    'The cause is mended: the next error of the group that happens from now on makes it regressed.',
    closed(decision),
    Decided,
  ),
  'error.mute': method(
    'log',
    'Nobody wants to hear of it until a time has passed or so many more errors have come; it is counted all the same.',
    closed({
      ...decision,
      forMs: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.errorMuteMsMax })),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.errorCountMax })),
    }),
    Decided,
  ),
  'error.reopen': method(
    'log',
    'It needs somebody again: what was resolved, muted or regressed is open.',
    closed(decision),
    Decided,
  ),
} as const;
