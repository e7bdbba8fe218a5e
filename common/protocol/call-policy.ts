/**
 * What a fleet says about calls, as its nodes hand it to whoever makes them: rules, each for the services and actions that
 * it matches. The shape of config/policies.yaml and of `node.policies` is this one; which rule gives which field is decided
 * by the caller (`agents/sdk/calls/policies.ts`).
 *
 * A field that is `null` says as much as one that is missing in every rule: the call is as if there were no policies.
 * So a narrow rule can take back what a broad one says.
 */
import { limits } from '../core/limits.js';
import { type Static, type TSchema, Type } from './type.js';

/** How an instance is chosen among those that are equally good. The first is what is done when nobody says anything. */
export const callStrategies = ['least-latency', 'round-robin', 'random', 'least-in-flight', 'first'] as const;
export type CallStrategy = (typeof callStrategies)[number];

/** A service or an action: a name, or a text in which each `*` stands for any characters. */
const PATTERN = '^[A-Za-z0-9_*-]+$';

const closed = { additionalProperties: false } as const;
const maybe = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null({ description: 'null' })]));
const Ms = Type.Integer({ minimum: 1, maximum: limits.callMsMax, description: 'a number' });
const Pattern = Type.String({ pattern: PATTERN, maxLength: limits.nameLengthMax });

const RetryBudget = Type.Object(
  {
    /** Repeats for every hundred calls. */
    percent: Type.Integer({ minimum: 0, maximum: 1_000 }),
    /** So many may be saved up, and are there at the start. */
    burst: Type.Integer({ minimum: 0, maximum: 10_000 }),
  },
  { ...closed, description: 'a map' },
);

const Breaker = Type.Object(
  {
    /** So many failures in a row of one instance, and it is left alone … */
    failures: Type.Integer({ minimum: 1, maximum: 1_000 }),
    /** … for so long; then one call tries it. Doubled each time the try fails, … */
    openMs: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.callMsMax })),
    /** … up to this. */
    openMsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.callMsMax })),
  },
  { ...closed, description: 'a map' },
);

const Bulkhead = Type.Object(
  {
    /** Calls of one caller that may be out at once; */
    concurrency: Type.Integer({ minimum: 1, maximum: limits.pendingRequestsMax }),
    /** so many more wait for one of them to end; the next is refused with OVERLOADED. */
    queue: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.pendingRequestsMax })),
  },
  { ...closed, description: 'a map' },
);

/** What a caller gets instead of an error: a value, or the answer of somebody else. Exactly one of the two. */
const Fallback = Type.Object(
  {
    value: Type.Optional(Type.Unknown()),
    target: Type.Optional(Type.String({ maxLength: limits.topicLengthMax })),
  },
  { ...closed, description: 'a map' },
);

/** How much worse than an equal one an instance counts: 1 is no difference, 3 as if it took three times as long. */
const Weight = Type.Number({ minimum: 1, maximum: 1_000 });
const Weights = Type.Object(
  { otherMachine: Type.Optional(Weight), busy: Type.Optional(Weight) },
  { ...closed, description: 'a map' },
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
    retryBudget: maybe(RetryBudget),
    breaker: maybe(Breaker),
    bulkhead: maybe(Bulkhead),
    fallback: maybe(Fallback),
    strategy: maybe(Type.Enum([...callStrategies], { description: callStrategies.join(', ') })),
    weights: maybe(Weights),
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
  'retryBudget',
  'breaker',
  'bulkhead',
  'fallback',
  'strategy',
  'weights',
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
