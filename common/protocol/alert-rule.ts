/**
 * What a fleet says about its alerts: which of all that happens is told, to whom, and how often. As main's node hands it to
 * the agent `alerter`, and as that decides by it.
 */
import { limits } from '../core/limits.js';
import { ErrorRule } from './errors/error-rule.js';
import { severities } from './errors/severity.js';
import { NAME_PATTERN } from './name.js';
import { type Static, Type } from './type.js';

/** The agent that judges and tells; main runs it as soon as there are rules. */
export const ALERTER = 'alerter';
/** The stream on which it writes down what it told. */
export const ALERTS_STREAM = 'alerts';

const closed = { additionalProperties: false } as const;
const AlertName = Type.String({ pattern: NAME_PATTERN, maxLength: limits.nameLengthMax });
const SpanMs = Type.Integer({ minimum: 1 });

/** What a rule waits for. The first four are of groups of errors, the others of what is so now. */
export const alertConditions = [
  'new-group',
  'regression',
  'rate',
  'severity',
  'machine-unreachable',
  'quarantine',
  'journal-degraded',
] as const;
export type AlertConditionName = (typeof alertConditions)[number];

const AlertCondition = Type.Union([
  Type.Object({ kind: Type.Enum(['new-group', 'regression', 'quarantine', 'journal-degraded']) }, closed),
  Type.Object({ kind: Type.Literal('rate'), count: Type.Integer({ minimum: 1 }), windowMs: SpanMs }, closed),
  Type.Object({ kind: Type.Literal('severity'), atLeast: Type.Enum([...severities]) }, closed),
  Type.Object({ kind: Type.Literal('machine-unreachable'), forMs: SpanMs }, closed),
]);
export type AlertCondition = Static<typeof AlertCondition>;

/** In each but the severity a `*` stands for any characters. */
const Pattern = Type.Optional(Type.String({ minLength: 1, maxLength: limits.nameLengthMax }));
export const AlertMatch = Type.Object(
  {
    machine: Pattern,
    agent: Pattern,
    component: Pattern,
    code: Pattern,
    severity: Type.Optional(Type.Enum([...severities], { description: 'so bad, or worse' })),
  },
  closed,
);
export type AlertMatch = Static<typeof AlertMatch>;

const AlertRule = Type.Object(
  {
    name: AlertName,
    when: AlertCondition,
    match: AlertMatch,
    routes: Type.Array(AlertName, { minItems: 1, maxItems: limits.alertRoutesMax }),
    throttleMs: SpanMs,
    quietMs: SpanMs,
    recovery: Type.Boolean(),
  },
  closed,
);
export type AlertRule = Static<typeof AlertRule>;

/** Itself, or the name of the variable of main's node that holds it. */
const TextOrVariable = Type.Union([
  Type.String({ maxLength: limits.configTextMax }),
  Type.Object({ env: Type.String({ maxLength: limits.nameLengthMax * 2 }) }, closed),
]);
export type TextOrVariable = Static<typeof TextOrVariable>;

const WebhookRoute = Type.Object(
  {
    name: AlertName,
    kind: Type.Literal('webhook'),
    url: TextOrVariable,
    headers: Type.Record(Type.String(), TextOrVariable, { maxProperties: limits.alertHeadersMax }),
    allowPrivate: Type.Boolean(),
    timeoutMs: SpanMs,
  },
  closed,
);
export type WebhookRoute = Static<typeof WebhookRoute>;

const CommandRoute = Type.Object(
  {
    name: AlertName,
    kind: Type.Literal('command'),
    argv: Type.Array(Type.String({ maxLength: limits.commandArgumentMax }), {
      minItems: 1,
      maxItems: limits.commandArgumentsMax,
    }),
    env: Type.Array(Type.String(), { maxItems: limits.alertHeadersMax }),
    timeoutMs: SpanMs,
  },
  closed,
);
export type CommandRoute = Static<typeof CommandRoute>;

const LogRoute = Type.Object({ name: AlertName, kind: Type.Literal('log') }, closed);

const AlertRoute = Type.Union([WebhookRoute, CommandRoute, LogRoute]);
export type AlertRoute = Static<typeof AlertRoute>;

export const AlerterConfig = Type.Object(
  {
    rules: Type.Array(AlertRule, { maxItems: limits.alertRulesMax }),
    routes: Type.Array(AlertRoute, { maxItems: limits.alertRoutesMax }),
    machines: Type.Array(AlertName, {
      maxItems: limits.machinesMax,
      description: 'of the fleet: one that was never seen is out of reach too',
    }),
    errorRules: Type.Array(ErrorRule, {
      maxItems: limits.errorRulesMax,
      description: 'what the fleet says of component and severity',
    }),
  },
  closed,
);
export type AlerterConfig = Static<typeof AlerterConfig>;
