/** The configuration of a log watcher. */

import { limits } from '../../common/core/limits.js';
import { severities } from '../../common/protocol/errors/severity.js';
import { NAME_PATTERN } from '../../common/protocol/name.js';
import { type Static, Type } from '../../common/protocol/type.js';

const closed = { additionalProperties: false } as const;

const RuleConfig = Type.Object(
  {
    name: Type.String({ pattern: NAME_PATTERN, maxLength: limits.nameLengthMax }),
    pattern: Type.String({ maxLength: 1_024, description: 'a regular expression; the empty one matches every line' }),
    severity: Type.Optional(Type.Enum([...severities], { description: 'a matching line is reported as an error' })),
    stream: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9-]*(?:\\.[a-z0-9-]+){0,7}$',
        maxLength: limits.topicLengthMax,
        description: 'a matching line is a record of this stream; "lines" when there is no severity either',
      }),
    ),
  },
  closed,
);
export type RuleConfig = Static<typeof RuleConfig>;

export const WatchConfig = Type.Object(
  {
    files: Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), {
      minItems: 1,
      maxItems: 32,
      uniqueItems: true,
      description: 'patterns with * ** and ?; relative to the fleet folder',
    }),
    pollMs: Type.Integer({ minimum: 10, maximum: 3_600_000, default: 500 }),
    fromStart: Type.Boolean({
      default: false,
      description: 'read files that are there when a pattern is followed for the first time from their start',
    }),
    filesMax: Type.Integer({ minimum: 1, maximum: 1_000, default: 1_000, description: 'files followed at once' }),
    rules: Type.Array(RuleConfig, {
      minItems: 1,
      maxItems: 100,
      description: 'the first that matches a line decides; a line that none matches is passed over',
    }),
  },
  closed,
);
export type WatchConfig = Static<typeof WatchConfig>;
