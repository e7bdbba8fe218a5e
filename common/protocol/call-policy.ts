/**
 * What a fleet says about calls, as its nodes hand it to whoever makes them: rules, each for the services and actions that
 * it matches. The shape of config/policies.yaml and of `node.policies` is this one; which rule gives which field is decided
 * by the caller (`agents/sdk/calls/policies/policies.ts`).
 *
 * A field that is `null` says as much as one that is missing in every rule: the call is as if there were no policies.
 * So a narrow rule can take back what a broad one says.
 */
import { limits } from '../core/limits.js';
import { type Static, type TSchema, Type } from './type.js';

/** How an instance is chosen among those that are equally good. The first is what is done when nobody says anything. */
export const callStrategies = ['least-latency', 'round-robin', 'random', 'least-in-flight', 'first'] as const;
export type CallStrategy = (typeof callStrategies)[number];

/** Of a service or an action. */
const PATTERN = '^[A-Za-z0-9_*-]+$';

const closed = { additionalProperties: false } as const;
const maybe = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null({ description: 'null' })]));
const Ms = Type.Integer({ minimum: 1, maximum: limits.callMsMax, description: 'a number' });
const Pattern = Type.String({
  pattern: PATTERN,
  maxLength: limits.nameLengthMax,
  description: 'a name, or a text in which each * stands for any characters',
});

const map = { ...closed, minProperties: 1, description: 'a map' } as const;

/** Repeats over all calls of the action: a share of them and a floor, so that trouble is not multiplied. */
const RetryBudget = Type.Object(
  {
    /** Repeats per call made: 0.1 is one in ten. */
    ratio: Type.Optional(Type.Number({ minimum: 0, maximum: 10 })),
    /** Repeats per second that are allowed whatever the share says. */
    minPerSecond: Type.Optional(Type.Number({ minimum: 0, maximum: 10_000 })),
  },
  map,
);

/** When an instance is left alone, and for how long. */
const Breaker = Type.Object(
  {
    /** Failures without an answer in between. */
    consecutiveFailures: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    /** Share of the calls within `windowMs` that failed, from 0 to 1 … */
    failureRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    windowMs: Type.Optional(Ms),
    /** … looked at only when there were so many. */
    callsMin: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    /** After that one call may try it again; twice as long after each try that failed, … */
    openMs: Type.Optional(Ms),
    /** … up to this. */
    openMsMax: Type.Optional(Ms),
  },
  map,
);

const Bulkhead = Type.Object(
  {
    /** Calls of one process that are out at once. */
    concurrency: Type.Integer({ minimum: 1, maximum: limits.pendingRequestsMax }),
    /** Calls that wait for room; one more is refused with OVERLOADED. */
    queueMax: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.pendingRequestsMax })),
  },
  map,
);

/** What a caller gets instead of an error that says nothing about its input. Exactly one of the two. */
const Fallback = Type.Object(
  {
    value: Type.Optional(Type.Unknown()),
    /** The answer of this action to the same input. */
    target: Type.Optional(Type.String({ maxLength: limits.topicLengthMax })),
  },
  map,
);

export const PolicyRule = Type.Object(
  {
    match: Type.Object({ service: Type.Optional(Pattern), action: Type.Optional(Pattern) }, closed),
    /** The whole call with its repeats, for a caller that does not say it. */
    timeoutMs: maybe(Ms),
    /** One attempt of it. */
    attemptTimeoutMs: maybe(Ms),
    /** How often a call is repeated that did not run, or that may run twice; for a caller that does not say it. */
    retries: maybe(Type.Integer({ minimum: 0, maximum: limits.callRetriesMax, description: 'a number' })),
    /** It may run twice, whatever the action says of itself. */
    idempotent: maybe(Type.Boolean({ description: 'true or false' })),
    retryBudget: maybe(RetryBudget),
    breaker: maybe(Breaker),
    bulkhead: maybe(Bulkhead),
    fallback: maybe(Fallback),
    strategy: maybe(Type.Enum([...callStrategies], { description: callStrategies.join(', ') })),
    /** So many times as expensive must an instance of the own machine be before one elsewhere is preferred; 1: no preference. */
    localityWeight: maybe(Type.Number({ minimum: 1, maximum: 1_000, description: 'a number' })),
  },
  closed,
);

export type PolicyRule = Static<typeof PolicyRule>;
/** The fields of a rule beside what it matches. */
export type PolicyField = Exclude<keyof PolicyRule, 'match'>;
export const policyFields = [
  'timeoutMs',
  'attemptTimeoutMs',
  'retries',
  'idempotent',
  'retryBudget',
  'breaker',
  'bulkhead',
  'fallback',
  'strategy',
  'localityWeight',
] as const satisfies readonly PolicyField[];

/** What holds for the calls of one action: each field from the rule that decides it. */
export type CallPolicy = { readonly [F in PolicyField]?: NonNullable<PolicyRule[F]> };

/** The rules of a fleet, in their order, and the mark by which two sets are told apart. */
export interface PolicySet {
  readonly revision: string;
  readonly rules: readonly PolicyRule[];
}

/** Of a fleet that says nothing. */
export const NO_POLICIES: PolicySet = { revision: '', rules: [] };
