/**
 * What messages are made of: the fields and rows that several methods share, each with its bounds, and the shape of a row
 * of the catalogue.
 */

import { limits } from '../core/limits.js';
import { PolicyRule } from './call-policy.js';
import { FINGERPRINT_LENGTH_MAX, FINGERPRINT_START } from './errors/fingerprint-id.js';
import { severities } from './errors/severity.js';
import { BodyRef, RecordKey, TraceId } from './record-marks.js';
import { ActionName, AgentEntry, agentStates, Endpoint, Epoch, Name, WallMs } from './registry-entry.js';
import { Bytes } from './schema.js';
import { StreamRule } from './stream-rule.js';
import { type TSchema, Type } from './type.js';

/** every: each control socket · agent: those of agents · node, broker: of each machine · registry and log: the sockets of the central broker. */
export type Server = 'every' | 'agent' | 'node' | 'broker' | 'registry' | 'log';

export interface Method<I extends TSchema, O extends TSchema> {
  readonly servers: readonly Server[];
  readonly input: I;
  readonly output: O;
  readonly summary: string;
}

export const method = <I extends TSchema, O extends TSchema>(
  servers: Server | readonly Server[],
  summary: string,
  input: I,
  output: O,
): Method<I, O> => ({ servers: typeof servers === 'string' ? [servers] : servers, input, output, summary });

export const closed = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
export const Nothing = closed({});
export const Count = Type.Integer({ minimum: 0 });
export const Text = Type.String({ maxLength: limits.errorTextMax });
export const JournalId = Type.String({ pattern: '^[0-9a-z]{20}$', maxLength: 20 });
export const Hash = Bytes(32);
export const MaybeHash = Type.Union([Hash, Type.Null()]);
export const Stream = Type.String({
  pattern: '^[a-z][a-z0-9-]*(?:\\.[a-z0-9-]+){0,7}$',
  maxLength: limits.topicLengthMax,
});
export const Body = Bytes(limits.recordBodyBytesMax);
export const WaitMs = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: limits.longPollMsMax,
    description: 'hold the answer open this long for something new',
  }),
);
export const Counters = Type.Record(Type.String(), Type.Number());

/** Counted since the agent started; the durations are those of the last minute or so, where they are taken. */
export const ActionCounts = closed({
  calls: Count,
  failures: Count,
  givenUp: Type.Integer({ minimum: 0, description: 'ended because nobody waited any more' }),
  refused: Type.Integer({ minimum: 0, description: 'did not run: overloaded, or too late' }),
  repeats: Type.Integer({ minimum: 0, description: 'answered with what an earlier call with the same key did' }),
  running: Count,
  waiting: Count,
  p50Ms: Type.Optional(Type.Number()),
  p99Ms: Type.Optional(Type.Number()),
  maxMs: Type.Optional(Type.Number()),
});

const Broker = closed({
  machine: Name,
  publish: Endpoint,
  subscribe: Endpoint,
  control: Type.Optional(
    Type.String({ maxLength: limits.topicLengthMax, description: 'of the broker program: it keeps last values' }),
  ),
});

export const Topic = Type.String({ minLength: 1, maxLength: limits.topicLengthMax });
/** `agent@machine#epoch` */
export const Publisher = Type.String({ minLength: 1, maxLength: limits.topicLengthMax });
export const EventSeq = Type.Integer({ minimum: 1, description: "the publisher's own count on the topic" });
export const KeptBody = Bytes(limits.keptValueBytesMax);

/** A subscription of this process, as it fares since it was made. */
export const SubscriptionState = closed({
  pattern: Type.String(),
  overflow: Type.Enum(['none', 'drop-oldest', 'block']),
  queueMax: Count,
  queued: Count,
  waitMs: Type.Integer({ minimum: 0, description: 'for how long the first that is queued has waited' }),
  handled: Count,
  missed: Type.Integer({ minimum: 0, description: 'lost on the way here' }),
  dropped: Type.Integer({ minimum: 0, description: 'by its own queue' }),
  failed: Type.Integer({ minimum: 0, description: 'its handler threw' }),
  handlerMs: Count,
});
export const Welcome = closed({
  mesh: Name,
  machine: Name,
  role: Type.Enum(['main', 'secondary']),
  epoch: Epoch,
  protocol: Type.Integer(),
  registry: Type.String({
    maxLength: limits.topicLengthMax,
    description: "endpoint of the central registry; the node's own socket answers the same questions",
  }),
  log: Endpoint,
  brokers: Type.Array(Broker, {
    maxItems: limits.machinesMax,
    description: 'publish to the one of your machine, subscribe to all',
  }),
});

/** What tells two sets of rules apart; empty for none. */
export const PolicyRevision = Type.String({ maxLength: 16 });
export const Policies = closed({
  revision: PolicyRevision,
  rules: Type.Array(PolicyRule, { maxItems: limits.policyRulesMax }),
});

const ResultCode = Type.String({ maxLength: limits.nameLengthMax, description: 'empty when it was answered well' });
/** One call under a policy, when its caller had an answer. */
export const CallRecord = closed({
  tsMs: WallMs,
  service: Type.String({
    maxLength: limits.nameLengthMax,
    description: 'empty for a call to whoever has a capability',
  }),
  action: ActionName,
  durationMs: Type.Number({ minimum: 0 }),
  waitedMs: Type.Number({ minimum: 0, description: 'for room in its bulkhead' }),
  attempts: Type.Array(
    closed({
      instance: Type.String({ maxLength: limits.topicLengthMax }),
      breaker: Type.Enum(['closed', 'open', 'half-open'], { description: 'of that instance, when it was chosen' }),
      durationMs: Type.Number({ minimum: 0 }),
      code: ResultCode,
    }),
    { maxItems: limits.callRetriesMax + 1 },
  ),
  fallback: Type.String({
    maxLength: limits.topicLengthMax,
    description: '`value` or the target that answered instead; empty when there was no need',
  }),
  code: ResultCode,
});

export const ProcessRow = closed({
  ...AgentEntry.properties,
  instance: Type.String(),
  kind: Type.Enum(['agent', 'broker']),
  restarts: Count,
  startedMs: WallMs,
  loopLagMs: Type.Number({ minimum: 0 }),
  rssBytes: Count,
  cpuPercent: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'of one processor, over the last look; null before the first',
  }),
  openFiles: Type.Union([Count, Type.Null()]),
  wave: Count,
  required: Type.Boolean(),
  outdated: Type.Boolean({ description: 'it runs with an older configuration than the one its node has' }),
  why: Type.String({
    maxLength: limits.errorTextMax,
    description: 'why it is in this state; empty when that is plain',
  }),
  lastExit: Type.Optional(Type.String()),
});

/** live: takes effect as it runs · restart, start, stop: what is done to the agent */
export const changeKinds = ['live', 'restart', 'start', 'stop'] as const;
export const AgentChange = closed({
  agent: Name,
  change: Type.Enum([...changeKinds]),
  fields: Type.Array(Type.String(), { description: 'what is different in its part of the configuration' }),
});
export const rolloutStates = ['waiting', 'rolling', 'done', 'failed', 'rolled-back'] as const;

/** One agent's hour: samples of equal distance, oldest first; null where there is no value. */
const Series = Type.Array(Type.Union([Type.Number(), Type.Null()]), { maxItems: limits.usageSamplesKept });
export const Usage = closed({
  agent: Name,
  intervalMs: Count,
  lastMs: WallMs,
  cpuPercent: Series,
  rssBytes: Series,
  openFiles: Series,
  loopLagMs: Series,
});

export const LogRecord = closed({
  id: Type.Integer({ minimum: 1, description: "position in main's log" }),
  stream: Stream,
  machine: Name,
  agent: Name,
  epoch: Epoch,
  tsMs: WallMs,
  journalId: JournalId,
  seq: Type.Integer({ minimum: 1 }),
  hash: Hash,
  body: Type.Unsafe<Uint8Array>({
    bytes: limits.recordBodyBytesMax,
    description: 'MessagePack of the body, as its emitter sealed it; empty where `ref` says where it is',
  }),
  trace: Type.Optional(TraceId),
  ref: Type.Optional(BodyRef),
  key: Type.Optional(RecordKey),
  integrity: Type.Enum(['verified', 'unverifiable', 'damaged'], {
    description: 'proved by the hash before it; that hash is gone; not what was stored',
  }),
});

export const FingerprintStart = Type.String({ pattern: FINGERPRINT_START, maxLength: FINGERPRINT_LENGTH_MAX });

export const errorStatuses = ['open', 'muted', 'resolved', 'regressed'] as const;
const StreamEdge = closed({ id: Count, tsMs: WallMs });
/** A stream as main's log holds it. */
export const StreamState = closed({
  stream: Stream,
  count: Count,
  bytes: Type.Integer({ minimum: 0, description: 'of bodies, also of those that are files of their machine' }),
  pruned: Type.Integer({ minimum: 0, description: 'records that are not kept any more' }),
  oldest: Type.Optional(StreamEdge),
  newest: Type.Optional(StreamEdge),
  rule: Type.Optional(StreamRule),
  groups: Type.Array(Type.String(), { description: 'the consumer groups that read it' }),
});

export const ErrorGroup = closed({
  fingerprint: Type.String(),
  code: Type.String(),
  message: Type.String(),
  severity: Type.Enum([...severities]),
  component: Type.String(),
  agent: Name,
  machine: Name,
  count: Count,
  firstSeenMs: WallMs,
  lastSeenMs: WallMs,
  firstId: Type.Integer({ minimum: 0, description: 'the record that it began with; 0 when nobody knows any more' }),
  lastId: Count,
  status: Type.Enum([...errorStatuses]),
  statusMs: Type.Number({ minimum: 0, description: 'since when; 0 when it always stood so' }),
  statusBy: Type.String({ description: 'who decided that; `mesh` for the log itself, empty when nobody did' }),
  statusWhy: Type.String(),
  mutedUntilMs: Type.Union([WallMs, Type.Null()]),
  mutedUntilCount: Type.Union([Count, Type.Null()], { description: 'the count that ends the mute' }),
  firstRelease: Type.String({ description: 'empty where no report said one' }),
  lastRelease: Type.String(),
  impact: Type.Integer({ minimum: 0, description: 'calls that failed with it, by their trace ids' }),
  impactIsExact: Type.Boolean({ description: 'false: at least so many' }),
});

export const JournalStatus = closed({
  machine: Name,
  journalId: JournalId,
  lastSeq: Count,
  ackedSeq: Count,
  pendingCount: Count,
  sizeBytes: Count,
  degraded: Type.String({ description: 'why it works only in part; empty when all is well' }),
});

export const RegistryFilter = {
  agent: Type.Optional(Name),
  machine: Type.Optional(Name),
  capability: Type.Optional(Name),
  action: Type.Optional(ActionName),
  state: Type.Optional(Type.Enum([...agentStates])),
};
