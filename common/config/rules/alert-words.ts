/** The shape of config/alerts.yaml as people write it; `alerts.ts` makes numbers and rules of it. */
import { limits } from '../../core/limits.js';
import { AlertMatch, alertConditions } from '../../protocol/alert-rule.js';
import { severities } from '../../protocol/errors/severity.js';
import { type Static, Type } from '../../protocol/type.js';
import { WrittenSpan } from '../source/written-span.js';

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: `^[a-z][a-z0-9-]{0,${limits.nameLengthMax - 1}}$` });
const Text = Type.String({ minLength: 1, maxLength: limits.configTextMax, description: 'text' });
const Variable = Type.String({
  pattern: '^(?!MESH_)[A-Za-z_][A-Za-z0-9_]{0,127}$',
  description: 'letters, digits and _; not MESH_…',
});
const FromVariable = Type.Object({ env: Variable }, { ...closed, description: 'a map with env' });

/** With nothing behind it: the defaults hold. */
const PLAIN = alertConditions.filter((name) => name !== 'rate' && name !== 'severity');
const When = Type.Union([
  Type.Enum(PLAIN, { description: PLAIN.join(', ') }),
  Type.Object(
    {
      rate: Type.Optional(
        Type.Object({ count: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), window: WrittenSpan }, closed),
      ),
      severity: Type.Optional(Type.Object({ 'at-least': Type.Enum([...severities]) }, closed)),
      'machine-unreachable': Type.Optional(Type.Object({ for: WrittenSpan }, closed)),
    },
    { ...closed, description: 'a map with rate, severity or machine-unreachable' },
  ),
]);

export const WrittenAlertRule = Type.Object(
  {
    when: When,
    match: Type.Optional(Type.Object(AlertMatch.properties, { ...closed, description: 'a map' })),
    routes: Type.Array(Name, { minItems: 1, maxItems: limits.alertRoutesMax, uniqueItems: true }),
    /** The least time between two notices about one thing. */
    throttle: Type.Optional(WrittenSpan),
    /** An error that was silent for so long is over. */
    quiet: Type.Optional(WrittenSpan),
    recovery: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type WrittenAlertRule = Static<typeof WrittenAlertRule>;

export const WrittenAlertRoute = Type.Object(
  {
    webhook: Type.Optional(
      Type.Object(
        {
          url: Type.Union([Text, FromVariable]),
          headers: Type.Optional(
            Type.Record(
              Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$" }),
              Type.Union([Text, FromVariable]),
              { ...closed, maxProperties: limits.alertHeadersMax },
            ),
          ),
          /** Its host may be one of this house. */
          allowPrivate: Type.Optional(Type.Boolean()),
        },
        { ...closed, description: 'a map with url' },
      ),
    ),
    command: Type.Optional(
      Type.Array(Type.String({ maxLength: limits.commandArgumentMax }), {
        minItems: 1,
        maxItems: limits.commandArgumentsMax,
      }),
    ),
    log: Type.Optional(Type.Literal(true)),
    /** Variables of main's node that the command sees. */
    env: Type.Optional(Type.Array(Variable, { maxItems: limits.alertHeadersMax, uniqueItems: true })),
    timeout: Type.Optional(WrittenSpan),
  },
  closed,
);
export type WrittenAlertRoute = Static<typeof WrittenAlertRoute>;

/** Only the upper level: each rule and each route is checked by itself. */
export const AlertsFile = Type.Object(
  {
    routes: Type.Optional(Type.Record(Name, Type.Unknown(), { ...closed, maxProperties: limits.alertRoutesMax })),
    rules: Type.Optional(Type.Record(Name, Type.Unknown(), { ...closed, maxProperties: limits.alertRulesMax })),
  },
  closed,
);
